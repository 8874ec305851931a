import plus from "icon:plus";
import { useSignal } from "@preact/signals";
import type { ProviderEntry, ProvidersState, ProviderTrial } from "../../protocol";
import { Icon } from "../../ui/icon";
import { Confirm, Dialog, Fault } from "../parts/Dialog";
import { codeOf, sentenceOf, t as ta } from "../words";
import { AdminPage } from "./AdminPage";
import { t as tp } from "./admin.words";
import { useLoaded } from "./load";
import { moment } from "./moment";
import { ProviderDialog } from "./ProviderDialog";
import { Findings, nameOf } from "./ProviderFindings";
import { t } from "./providers.words";
import { providers, removeProvider, switchProvider, tryProvider } from "./requests";

/** What is open over the page. */
type Open =
  | { what: "new" }
  | { what: "change" | "off" | "remove"; entry: ProviderEntry }
  | { what: "trial"; entry: ProviderEntry; trial: ProviderTrial };

/** Where staff prove who they are, and patients for their documents. */
export function Providers() {
  const { value, problem, load } = useLoaded(providers);
  const open = useSignal<Open | undefined>(undefined);
  const said = useSignal("");
  const trying = useSignal<string | undefined>(undefined);
  const close = () => {
    open.value = undefined;
  };
  const act = async (what: () => Promise<void>) => {
    said.value = "";
    try {
      await what();
      await load();
    } catch (cause) {
      problem.value = codeOf(cause);
    }
  };
  const tryOut = (entry: ProviderEntry) =>
    act(async () => {
      trying.value = entry.provider;
      try {
        open.value = { what: "trial", entry, trial: await tryProvider(entry.provider) };
      } finally {
        trying.value = undefined;
      }
    });
  const saved = async () => {
    close();
    await load();
    said.value = t("saved");
  };
  return (
    <AdminPage
      title={tp("page.providers")}
      intro={t("intro")}
      action={
        <button
          type="button"
          class="button primary"
          onClick={() => {
            open.value = { what: "new" };
          }}
        >
          <Icon of={plus} />
          {t("add")}
        </button>
      }
    >
      {problem.value && <Fault text={sentenceOf(problem.value)} onRetry={() => void load()} />}
      {!value.value && !problem.value && <p class="muted">{ta("app.loading")}</p>}
      <p role="status">{trying.value ? t("trying") : said.value}</p>
      {value.value?.providers.length === 0 && <p>{t("none")}</p>}
      {value.value && value.value.providers.length > 0 && (
        <ul class="admin-list">
          {value.value.providers.map((entry) => (
            <Line
              key={entry.provider}
              entry={entry}
              isBusy={trying.value === entry.provider}
              onTry={() => void tryOut(entry)}
              onOpen={(what) => {
                open.value = { what, entry };
              }}
              onSwitchOn={() => void act(() => switchProvider(entry.provider, { isOn: true, endsLogins: false }))}
            />
          ))}
        </ul>
      )}
      {value.value?.providers.some((entry) => entry.isOfFile) && <p class="muted">{t("inFileMeaning")}</p>}
      {open.value && value.value && (
        <Over key={open.value.what} open={open.value} state={value.value} onClose={close} onSaved={saved} />
      )}
    </AdminPage>
  );
}

interface LineProps {
  entry: ProviderEntry;
  isBusy: boolean;
  onTry(): void;
  onOpen(what: "change" | "off" | "remove"): void;
  onSwitchOn(): void;
}

/** One provider: what it is, whether it answers, and what can be done with it. */
function Line({ entry, isBusy, onTry, onOpen, onSwitchOn }: LineProps) {
  const name = nameOf(entry);
  const spoken = <span class="spoken"> {name}</span>;
  return (
    <li>
      <div>
        <p>
          <strong>{name}</strong>
          {entry.isForPatients && <span class="muted"> · {t("patients")}</span>}
          {entry.isOfFile && <span class="muted"> · {t("inFile")}</span>}{" "}
          {!entry.isOn && <span class="admin-mark">{t("off")}</span>}
        </p>
        <p class="muted">{entry.issuer}</p>
        <p class={entry.failingSince ? "fault" : "muted"}>{stateOf(entry)}</p>
        {entry.logins > 0 && <p class="muted">{t.count("logins", entry.logins)}</p>}
      </div>
      <div class="actions">
        <button type="button" class="button" disabled={isBusy} onClick={onTry}>
          {t("try")}
          {spoken}
        </button>
        {!entry.isOfFile && (
          <>
            <button type="button" class="button" onClick={() => onOpen("change")}>
              {t("change")}
              {spoken}
            </button>
            {entry.isOn ? (
              <button type="button" class="button" onClick={() => onOpen("off")}>
                {t("switchOff")}
                {spoken}
              </button>
            ) : (
              <button type="button" class="button" onClick={onSwitchOn}>
                {t("switchOn")}
                {spoken}
              </button>
            )}
            <button type="button" class="button quiet-danger" onClick={() => onOpen("remove")}>
              {t("remove")}
              {spoken}
            </button>
          </>
        )}
      </div>
    </li>
  );
}

/** Whether it answers, in a line. */
export function stateOf(entry: ProviderEntry): string {
  const { reachedAt, failingSince } = entry;
  if (failingSince && reachedAt) {
    return t("failingBefore", { date: moment(failingSince), reached: moment(reachedAt) });
  }
  if (failingSince) return t("failing", { date: moment(failingSince) });
  return reachedAt ? t("reached", { date: moment(reachedAt) }) : t("notAsked");
}

interface OverProps {
  open: Open;
  state: ProvidersState;
  onClose(): void;
  onSaved(): Promise<void>;
}

function Over({ open, state, onClose, onSaved }: OverProps) {
  const endsLogins = useSignal(false);
  if (open.what === "new") return <ProviderDialog state={state} onClose={onClose} onSaved={onSaved} />;
  const { entry } = open;
  const name = nameOf(entry);
  switch (open.what) {
    case "change":
      return <ProviderDialog state={state} entry={entry} onClose={onClose} onSaved={onSaved} />;
    case "trial":
      return (
        <Dialog title={t("tryTitle", { name })} onClose={onClose}>
          <Findings trial={open.trial} />
          <div class="actions">
            <button type="button" class="button primary" onClick={onClose}>
              {t("close")}
            </button>
          </div>
        </Dialog>
      );
    default: {
      const isOff = open.what === "off";
      return (
        <Confirm
          title={t(isOff ? "switchOffTitle" : "removeTitle", { name })}
          meaning={t(
            entry.isForPatients
              ? isOff
                ? "patientsOffMeaning"
                : "patientsRemoveMeaning"
              : isOff
                ? "switchOffMeaning"
                : "removeMeaning",
          )}
          confirm={t(isOff ? "switchOff" : "remove")}
          keep={t("keep")}
          onConfirm={async () => {
            if (isOff) await switchProvider(entry.provider, { isOn: false, endsLogins: endsLogins.value });
            else await removeProvider(entry.provider, endsLogins.value);
            await onSaved();
          }}
          onClose={onClose}
        >
          <div class="admin-ask">
            {entry.logins > 0 && <p>{t.count("logins", entry.logins)}</p>}
            <label class="check">
              <input
                type="checkbox"
                checked={endsLogins.value}
                aria-describedby="ends-logins-hint"
                onChange={(event) => {
                  endsLogins.value = event.currentTarget.checked;
                }}
              />
              {t("endLogins")}
            </label>
            <p class="hint" id="ends-logins-hint">
              {t("endLoginsHint")}
            </p>
          </div>
        </Confirm>
      );
    }
  }
}
