import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import type { ByHandWord, PersonEntry, RoleSource } from "../../protocol";
import { Confirm, Dialog, Fault } from "../parts/Dialog";
import { codeOf, sentenceOf, t as ta } from "../words";
import { AdminPage } from "./AdminPage";
import { t } from "./admin.words";
import { useLoaded } from "./load";
import { moment } from "./moment";
import { disable, enable, people, setRoles } from "./requests";

const plain = (text: string): string =>
  text
    .normalize("NFD")
    .replace(/\p{Mark}/gu, "")
    .toLowerCase();

/** Everybody of staff: which roles they have and why, and who is disabled. */
export function People() {
  const { value, problem, load } = useLoaded(people);
  const wanted = useSignal("");
  const changing = useSignal<PersonEntry | undefined>(undefined);
  const disabling = useSignal<PersonEntry | undefined>(undefined);
  const id = useId();
  const shown = value.value?.filter((person) => plain(person.name).includes(plain(wanted.value.trim())));
  const act = async (what: Promise<void>) => {
    try {
      await what;
      await load();
    } catch (cause) {
      problem.value = codeOf(cause);
    }
  };
  return (
    <AdminPage title={t("page.people")} intro={t("peopleIntro")}>
      {problem.value && <Fault text={sentenceOf(problem.value)} onRetry={() => void load()} />}
      {!shown && !problem.value && <p class="muted">{ta("app.loading")}</p>}
      {shown && (
        <>
          <div class="field admin-search">
            <label for={id}>{t("search")}</label>
            <input
              id={id}
              type="search"
              value={wanted.value}
              onInput={(event) => {
                wanted.value = event.currentTarget.value;
              }}
            />
          </div>
          <p class="muted" role="status">
            {shown.length === 0 ? t("noPerson") : t.count("people", shown.length)}
          </p>
          <ul class="admin-list">
            {shown.map((person) => (
              <li key={person.practitioner}>
                <div>
                  <p>
                    <strong>{person.name}</strong>
                    {person.isOwn && <span class="muted"> · {t("own")}</span>}
                    {person.provider === undefined && <span class="muted"> · {t("local")}</span>}{" "}
                    {person.disabledAt && <span class="admin-mark">{t("disabled")}</span>}
                  </p>
                  <p class="muted">{rolesOf(person)}</p>
                  <p class="muted">{person.seenAt ? t("seen", { date: moment(person.seenAt) }) : t("unseen")}</p>
                </div>
                {!person.isOwn && (
                  <div class="actions">
                    <button
                      type="button"
                      class="button"
                      onClick={() => {
                        changing.value = person;
                      }}
                    >
                      {t("change")}
                      <span class="spoken"> {person.name}</span>
                    </button>
                    {person.disabledAt ? (
                      <button type="button" class="button" onClick={() => void act(enable(person.practitioner))}>
                        {t("enable")}
                        <span class="spoken"> {person.name}</span>
                      </button>
                    ) : (
                      <button
                        type="button"
                        class="button quiet-danger"
                        onClick={() => {
                          disabling.value = person;
                        }}
                      >
                        {t("disable")}
                        <span class="spoken"> {person.name}</span>
                      </button>
                    )}
                  </div>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
      {changing.value && (
        <RolesDialog
          person={changing.value}
          onClose={() => {
            changing.value = undefined;
          }}
          onSaved={load}
        />
      )}
      {disabling.value && (
        <Confirm
          title={t("disableTitle", { name: disabling.value.name })}
          meaning={t("disableMeaning")}
          confirm={t("disable")}
          keep={t("keep")}
          onConfirm={async () => {
            await disable(disabling.value?.practitioner ?? "");
            await load();
          }}
          onClose={() => {
            disabling.value = undefined;
          }}
        />
      )}
    </AdminPage>
  );
}

function rolesOf(person: PersonEntry): string {
  if (person.roles.length === 0) return t("noRole");
  const given = (role: string) =>
    person.sources.some((source) => source.role === role && source.byHand === "given" && !source.isClaimed);
  return person.roles.map((role) => ta(`staff.${role}`) + (given(role) ? ` (${t("byHand")})` : "")).join(", ");
}

const BY_HAND: readonly ByHandWord[] = ["nothing", "given", "taken"];

interface RolesDialogProps {
  person: PersonEntry;
  onClose(): void;
  onSaved(): Promise<void>;
}

function RolesDialog({ person, onClose, onSaved }: RolesDialogProps) {
  const said = useSignal<Record<string, ByHandWord>>(
    Object.fromEntries(person.sources.map((source) => [source.role, source.byHand])),
  );
  const fault = useSignal("");
  const save = async () => {
    try {
      const roles = person.sources.map(({ role }) => ({ role, byHand: said.value[role] ?? "nothing" }));
      await setRoles(person.practitioner, { roles });
      onClose();
      await onSaved();
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  return (
    <Dialog title={t("changeTitle", { name: person.name })} onClose={onClose}>
      <form
        class="admin-form"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <p>{t("changeMeaning")}</p>
        <Fault text={fault.value} />
        {person.sources.map((source) => (
          <RoleChoice
            key={source.role}
            source={source}
            said={said.value[source.role] ?? "nothing"}
            onSaid={(word) => {
              said.value = { ...said.value, [source.role]: word };
            }}
          />
        ))}
        <div class="actions">
          <button type="button" class="button" onClick={onClose}>
            {t("cancel")}
          </button>
          <button type="submit" class="button primary">
            {t("save")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface RoleChoiceProps {
  source: RoleSource;
  said: ByHandWord;
  onSaid(word: ByHandWord): void;
}

function RoleChoice({ source, said, onSaid }: RoleChoiceProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{ta(`staff.${source.role}`)}</label>
      <p class="hint" id={`${id}-hint`}>
        {source.isClaimed ? t("claimed") : t("notClaimed")}
      </p>
      <select
        id={id}
        aria-describedby={`${id}-hint`}
        value={said}
        onChange={(event) => {
          const word = BY_HAND.find((each) => each === event.currentTarget.value);
          if (word) onSaid(word);
        }}
      >
        {BY_HAND.map((word) => (
          <option key={word} value={word}>
            {t(`hand.${word}`)}
          </option>
        ))}
      </select>
    </div>
  );
}
