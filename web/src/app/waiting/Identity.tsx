import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { dayInWords, timeOfDay } from "../../i18n/time";
import type {
  DocumentKindWord,
  IdentityCheckEntry,
  IdentityMeansWord,
  IdentityState,
  InsEntry,
  InsRegisterWord,
  InsRequest,
  InsStatusWord,
  PatientNumberEntry,
  SexWord,
} from "../../protocol";
import { NumberForm } from "../pacs/NumberForm";
import { t as tn } from "../pacs/pacs.words";
import { Dialog, Fault } from "../parts/Dialog";
import { facts } from "../who";
import { codeOf, sentenceOf, t as tApp } from "../words";
import { Choice } from "./dialogs";
import { checkIdentity, identityOf, keepIns } from "./requests";
import { t } from "./waiting.words";
import "./waiting.css";

const MEANS = ["document", "known_to_me", "said"] as const;
const DOCUMENTS = [
  "identity_card",
  "passport",
  "residence_permit",
  "driving_licence",
  "health_card",
  "other",
] as const satisfies readonly DocumentKindWord[];
const SEXES = ["female", "male", "indeterminate"] as const satisfies readonly SexWord[];
const STATUSES = ["provisional", "retrieved", "validated", "qualified"] as const satisfies readonly InsStatusWord[];
const REGISTERS = ["nir", "nia", "nir_test", "nir_demo"] as const satisfies readonly InsRegisterWord[];

interface IdentityProps {
  appointment: string;
  participant: string;
  name: string;
  isPatient: boolean;
  onClose(): void;
}

/** Who somebody is: what was checked before, a new check, and the national health identity of a patient. */
export function IdentityDialog({ appointment, participant, name, isPatient, onClose }: IdentityProps) {
  const state = useSignal<IdentityState | undefined>(undefined);
  const fault = useSignal("");
  const fetchIt = async () => {
    try {
      state.value = await identityOf(appointment);
      fault.value = "";
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  useEffect(() => void fetchIt(), [appointment]);
  const known = state.value?.known.find((each) => each.participant === participant);
  const checks = (state.value?.checks ?? []).filter((each) => each.participant === participant);
  const ins = (state.value?.ins ?? []).filter((each) => each.participant === participant).at(-1);
  return (
    <Dialog title={t("identityTitle", { name })} isWide onClose={onClose}>
      <div class="asking">
        <Fault text={fault.value} onRetry={() => void fetchIt()} />
        {!state.value && !fault.value && <p role="status">{tApp("app.loading")}</p>}
        {state.value && (
          <>
            <Log checks={checks} />
            <Check
              appointment={appointment}
              participant={participant}
              name={known?.name ?? name}
              birthDate={known?.birthDate}
              onSaved={() => void fetchIt()}
            />
            {isPatient && (
              <Numbers
                appointment={appointment}
                participant={participant}
                domains={state.value.domains}
                numbers={state.value.numbers}
                onSaved={() => void fetchIt()}
              />
            )}
            {isPatient && (
              <Ins
                key={ins?.at}
                appointment={appointment}
                participant={participant}
                last={ins}
                birthDate={known?.birthDate}
                onSaved={() => void fetchIt()}
              />
            )}
          </>
        )}
        <div class="actions">
          <button type="button" class="button" onClick={onClose}>
            {t("close")}
          </button>
        </div>
      </div>
    </Dialog>
  );
}

const whenOf = (at: string) => timeOfDay(at, facts.value?.timeZone ?? "UTC");

function Log({ checks }: { checks: readonly IdentityCheckEntry[] }) {
  return (
    <section aria-labelledby="identity-log">
      <h3 id="identity-log">{t("identityLog")}</h3>
      {checks.length === 0 ? (
        <p class="muted">{t("identityNone")}</p>
      ) : (
        <ul class="identity-log">
          {checks.map((check) => (
            <li key={`${check.at} ${check.means}`}>
              {t("identityLine", {
                means: check.document ? `${t(check.means)} (${t(check.document)})` : t(check.means),
                by: check.by,
                time: whenOf(check.at),
              })}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

interface CheckProps {
  appointment: string;
  participant: string;
  name: string;
  birthDate: string | undefined;
  onSaved(): void;
}

function Check({ appointment, participant, name, birthDate, onSaved }: CheckProps) {
  const means = useSignal<Exclude<IdentityMeansWord, "recognised">>("document");
  const document = useSignal<DocumentKindWord>("identity_card");
  const isNameRight = useSignal(false);
  const isBirthDateRight = useSignal(false);
  const fault = useSignal("");
  const isSaved = useSignal(false);
  const save = async () => {
    fault.value = "";
    isSaved.value = false;
    try {
      await checkIdentity(appointment, participant, {
        means: means.peek(),
        ...(means.peek() === "document" && { document: document.peek() }),
        isNameRight: isNameRight.peek(),
        isBirthDateRight: isBirthDateRight.peek(),
      });
      isSaved.value = true;
      onSaved();
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  return (
    <form
      class="asking"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Choice
        legend={t("identityHow")}
        name="means"
        words={MEANS}
        label={(word) => t(word)}
        value={means.value}
        onChange={(word) => {
          means.value = word;
        }}
      />
      {means.value === "document" && (
        <Select
          id="identity-document"
          label={t("documentKind")}
          words={DOCUMENTS}
          value={document.value}
          hint={t("documentHint")}
          onChange={(word) => {
            document.value = word;
          }}
        />
      )}
      <label class="check">
        <input
          type="checkbox"
          checked={isNameRight.value}
          onChange={(event) => {
            isNameRight.value = event.currentTarget.checked;
          }}
        />
        <span>{t("nameRight", { name })}</span>
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={isBirthDateRight.value}
          onChange={(event) => {
            isBirthDateRight.value = event.currentTarget.checked;
          }}
        />
        <span>
          {birthDate === undefined
            ? t("birthRightUnknown")
            : t("birthRight", { date: `${dayInWords(`${birthDate}T12:00:00Z`, "UTC")} ${birthDate.slice(0, 4)}` })}
        </span>
      </label>
      <Fault text={fault.value} />
      <p class="spoken" role="status">
        {isSaved.value && t("saved")}
      </p>
      <button type="submit" class="button primary">
        {t("identitySave")}
      </button>
    </form>
  );
}

interface NumbersProps {
  appointment: string;
  participant: string;
  domains: readonly string[];
  numbers: readonly PatientNumberEntry[];
  onSaved(): void;
}

/** By which numbers the archives of images know the patient; nothing where no archive asks for one. */
function Numbers({ appointment, participant, domains, numbers, onSaved }: NumbersProps) {
  const isSaved = useSignal(false);
  if (domains.length === 0) return null;
  const lastOf = (domain: string) =>
    numbers.filter((each) => each.participant === participant && each.domain === domain).at(-1);
  const inWords = ({ number, domain, by, at }: PatientNumberEntry) =>
    domain
      ? tn("numberLineOf", { number, domain, by, time: whenOf(at) })
      : tn("numberLine", { number, by, time: whenOf(at) });
  const known = domains.flatMap((domain) => lastOf(domain) ?? []);
  return (
    <details>
      <summary>
        {tn("numbers")}{" "}
        <span class="muted">{known.length > 0 ? known.map(inWords).join(" · ") : tn("numbersNone")}</span>
      </summary>
      {domains.map((domain) => (
        <NumberForm
          key={domain}
          appointment={appointment}
          patient={participant}
          domain={domain}
          confirm={tn("numberSave")}
          onKept={() => {
            isSaved.value = true;
            onSaved();
          }}
        />
      ))}
      <p class="spoken" role="status">
        {isSaved.value && tn("numberSaved")}
      </p>
    </details>
  );
}

interface InsProps {
  appointment: string;
  participant: string;
  last: InsEntry | undefined;
  birthDate: string | undefined;
  onSaved(): void;
}

const NOTHING: InsRequest = {
  birthName: "",
  givenNames: "",
  birthDate: "",
  sex: "female",
  birthPlace: "",
  status: "provisional",
};

function Ins({ appointment, participant, last, birthDate, onSaved }: InsProps) {
  const traits = useSignal<InsRequest>(last?.traits ?? { ...NOTHING, birthDate: birthDate ?? "" });
  const fault = useSignal("");
  const set = (changed: Partial<InsRequest>) => {
    traits.value = { ...traits.peek(), ...changed };
  };
  const hasNumber = traits.value.status === "retrieved" || traits.value.status === "qualified";
  const save = async () => {
    fault.value = "";
    const { number, register, ...rest } = traits.peek();
    const isGiven = number !== undefined && number.trim() !== "";
    try {
      await keepIns(appointment, participant, {
        ...rest,
        ...(hasNumber && isGiven && { number, register: register ?? "nir" }),
      });
      onSaved();
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  return (
    <details>
      <summary>
        {t("ins")}{" "}
        <span class="muted">
          {last ? t("insLine", { status: t(last.traits.status), by: last.by, time: whenOf(last.at) }) : t("insNone")}
        </span>
      </summary>
      <form
        class="identity-ins"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Field
          id="ins-name"
          label={t("insBirthName")}
          value={traits.value.birthName}
          onInput={(birthName) => set({ birthName })}
        />
        <Field
          id="ins-given"
          label={t("insGivenNames")}
          value={traits.value.givenNames}
          onInput={(givenNames) => set({ givenNames })}
        />
        <Field
          id="ins-birth"
          isDate
          label={t("insBirthDate")}
          value={traits.value.birthDate}
          onInput={(birthDate) => set({ birthDate })}
        />
        <Select
          id="ins-sex"
          label={t("insSex")}
          words={SEXES}
          value={traits.value.sex}
          onChange={(sex) => set({ sex })}
        />
        <Field
          id="ins-place"
          label={t("insBirthPlace")}
          value={traits.value.birthPlace}
          onInput={(birthPlace) => set({ birthPlace })}
        />
        <Select
          id="ins-status"
          label={t("insStatus")}
          words={STATUSES}
          value={traits.value.status}
          onChange={(status) => set({ status })}
        />
        {hasNumber && (
          <>
            <Field
              id="ins-number"
              label={t("insNumber")}
              hint={t("insNumberHint")}
              value={traits.value.number ?? ""}
              onInput={(number) => set({ number })}
            />
            <Select
              id="ins-register"
              label={t("insRegister")}
              words={REGISTERS}
              value={traits.value.register ?? "nir"}
              onChange={(register) => set({ register })}
            />
          </>
        )}
        <Fault text={fault.value} />
        <button type="submit" class="button">
          {t("insSave")}
        </button>
      </form>
    </details>
  );
}

interface FieldProps {
  id: string;
  label: string;
  value: string;
  isDate?: boolean;
  hint?: string;
  onInput(value: string): void;
}

function Field({ id, label, value, isDate, hint, onInput }: FieldProps) {
  const described = hint && { "aria-describedby": `${id}-hint` };
  const take = (event: { currentTarget: HTMLInputElement }) => onInput(event.currentTarget.value);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {isDate ? (
        <input id={id} type="date" required value={value} {...described} onInput={take} />
      ) : (
        <input id={id} autocomplete="off" required value={value} {...described} onInput={take} />
      )}
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

type AnyWord = DocumentKindWord | SexWord | InsStatusWord | InsRegisterWord;

const wordOf = (word: AnyWord): string => t(word);

interface SelectProps<Word extends AnyWord> {
  id: string;
  label: string;
  words: readonly Word[];
  value: Word;
  hint?: string;
  onChange(word: Word): void;
}

function Select<Word extends AnyWord>(props: SelectProps<Word>) {
  const { id, label, words, value, hint, onChange } = props;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        {...(hint && { "aria-describedby": `${id}-hint` })}
        onChange={(event) => onChange(event.currentTarget.value as Word)}
      >
        {words.map((word) => (
          <option key={word} value={word}>
            {wordOf(word)}
          </option>
        ))}
      </select>
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
