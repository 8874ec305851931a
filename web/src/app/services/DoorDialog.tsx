import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import type { DocumentNeedWord, Information, ServiceDoor, ServiceEntry } from "../../protocol";
import { Dialog, Fault } from "../parts/Dialog";
import { codeOf, sentenceOf, t } from "../words";
import { doorOf, informationOf, putDoor, putInformation } from "./calls";
import { td } from "./door.words";

/** The longest text and the longest label, in characters, as the gateway takes them. */
const TEXT_MAX = 4000;
const LABEL_MAX = 120;

/** What may open the documents after a visit, besides the link. */
const NEEDS: readonly DocumentNeedWord[] = ["either", "provider", "both"];

interface DoorProps {
  service: ServiceEntry;
  onClose(): void;
}

/** What patients of one service show and read before they come in; for administrators. */
export function DoorDialog({ service, onClose }: DoorProps) {
  const door = useSignal<ServiceDoor | undefined>(undefined);
  const text = useSignal<Information | undefined>(undefined);
  const fault = useSignal("");
  const load = () => {
    fault.value = "";
    Promise.all([doorOf(service.service), informationOf(service.service)]).then(
      ([rules, told]) => {
        door.value = rules;
        text.value = told;
      },
      (cause) => {
        fault.value = sentenceOf(codeOf(cause));
      },
    );
  };
  useEffect(load, []);
  return (
    <Dialog title={td("title", { name: service.name })} isWide onClose={onClose}>
      <Fault text={fault.value} onRetry={load} />
      {!door.value && fault.value === "" && <p class="muted">{t("app.loading")}</p>}
      {door.value && <Rules service={service.service} door={door.value} />}
      {text.value && (
        <Text
          service={service.service}
          text={text.value}
          onSaved={(saved) => {
            text.value = saved;
          }}
        />
      )}
      <div class="actions">
        <button type="button" class="button" onClick={onClose}>
          {t("app.close")}
        </button>
      </div>
    </Dialog>
  );
}

function Rules({ service, door }: { service: string; door: ServiceDoor }) {
  const id = useId();
  const draft = useSignal(door);
  const fault = useSignal("");
  const said = useSignal("");
  const change = (changes: Partial<ServiceDoor>) => {
    said.value = "";
    draft.value = { ...draft.value, ...changes };
  };
  const save = async () => {
    fault.value = said.value = "";
    try {
      const { label, ...rules } = draft.value;
      draft.value = await putDoor(service, { ...rules, ...(label?.trim() && { label: label.trim() }) });
      said.value = td("saved");
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  const checks = ["acceptsBirthDate", "asksWhoOfAll", "waivesConsent"] as const;
  return (
    <form
      class="service-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <h3>{td("door")}</h3>
      <p class="hint">{td("doorIntro")}</p>
      {checks.map((name) => (
        <div key={name}>
          <label class="check">
            <input
              type="checkbox"
              aria-describedby={`${id}-${name}`}
              checked={draft.value[name]}
              onChange={(event) => change({ [name]: event.currentTarget.checked })}
            />
            {td(name)}
          </label>
          <p class="hint" id={`${id}-${name}`}>
            {td(`${name}.hint`)}
          </p>
        </div>
      ))}
      <div class="field">
        <label for={`${id}-need`}>{td("documentsNeed")}</label>
        <p class="hint" id={`${id}-need-hint`}>
          {td("documentsNeed.hint")}
        </p>
        <select
          id={`${id}-need`}
          aria-describedby={`${id}-need-hint`}
          value={draft.value.documentsNeed}
          onChange={(event) => {
            const documentsNeed = NEEDS.find((need) => need === event.currentTarget.value);
            if (documentsNeed) change({ documentsNeed });
          }}
        >
          {NEEDS.map((need) => (
            <option key={need} value={need}>
              {td(`documentsNeed.${need}`)}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for={`${id}-label`}>{td("label")}</label>
        <p class="hint" id={`${id}-label-hint`}>
          {td("labelHint")}
        </p>
        <input
          id={`${id}-label`}
          type="text"
          maxLength={LABEL_MAX}
          aria-describedby={`${id}-label-hint`}
          value={draft.value.label ?? ""}
          onInput={(event) => change({ label: event.currentTarget.value })}
        />
      </div>
      <Fault text={fault.value} />
      <p role="status">{said.value}</p>
      <button type="submit" class="button primary">
        {td("saveDoor")}
      </button>
    </form>
  );
}

function Text({ service, text, onSaved }: { service: string; text: Information; onSaved(saved: Information): void }) {
  const id = useId();
  const fr = useSignal(text.fr);
  const en = useSignal(text.en);
  const fault = useSignal("");
  const said = useSignal("");
  const isChanged = fr.value.trim() !== text.fr || en.value.trim() !== text.en;
  const save = async () => {
    fault.value = said.value = "";
    if (fr.value.trim() === "" || en.value.trim() === "") {
      fault.value = td("bothLanguages");
      return;
    }
    try {
      const saved = await putInformation(service, { fr: fr.value, en: en.value });
      onSaved(saved);
      said.value = td("savedText", { version: saved.version });
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  return (
    <form
      class="service-form service-queue"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <h3>{td("text")}</h3>
      <p class="hint">{td("textIntro")}</p>
      <p class="muted tabular">{text.version === 0 ? td("ofProgram") : td("version", { version: text.version })}</p>
      {(
        [
          ["fr", fr],
          ["en", en],
        ] as const
      ).map(([language, words]) => (
        <div class="field" key={language}>
          <label for={`${id}-${language}`}>{td(language)}</label>
          <textarea
            id={`${id}-${language}`}
            lang={language}
            rows={8}
            maxLength={TEXT_MAX}
            value={words.value}
            onInput={(event) => {
              said.value = "";
              words.value = event.currentTarget.value;
            }}
          />
        </div>
      ))}
      <p class="hint">{td("newVersion")}</p>
      <Fault text={fault.value} />
      <p role="status">{said.value}</p>
      <button type="submit" class="button primary" disabled={!isChanged}>
        {td("saveText")}
      </button>
    </form>
  );
}
