import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";
import type {
  ChannelWord,
  LanguageWord,
  MessageKindWord,
  PlaceholderWord,
  ReminderEntry,
  TemplateEntry,
  TemplateFaultEntry,
  TemplatePreview,
} from "../../protocol";
import { Fault } from "../parts/Dialog";
import { Header } from "../parts/Header";
import { holdWhile } from "../parts/holding";
import { usePage } from "../parts/hooks";
import { facts } from "../who";
import { codeOf, sentenceOf } from "../words";
import { t } from "./messages.words";
import { kept, placeNamed, shown } from "./places";
import { previewTemplate, reminders, removeTemplate, saveReminders, saveTemplate, templates } from "./requests";
import { whenInWords } from "./words";
import "./messages.css";

const PREVIEW_AFTER_MS = 400;

const keyOf = (entry: { kind: string; channel: string; language: string }) =>
  `${entry.kind}/${entry.channel}/${entry.language}`;

type Text = Pick<TemplateEntry, "subject" | "body">;

const isSame = (one: Text, other: Text): boolean => one.subject === other.subject && one.body === other.body;

/** The texts of messages and when people are reminded: for administrators. */
export function Templates() {
  const heading = usePage(t("templates.title"));
  const entries = useSignal<readonly TemplateEntry[] | undefined>(undefined);
  const fault = useSignal("");
  const kind = useSignal<MessageKindWord>("invitation");
  const channel = useSignal<ChannelWord>("email");
  const language = useSignal<LanguageWord>("fr");
  const fetch = async () => {
    try {
      entries.value = await templates();
      fault.value = "";
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  useEffect(() => {
    void fetch();
  }, []);
  const chosen = useComputed(() =>
    entries.value?.find(
      (entry) => keyOf(entry) === keyOf({ kind: kind.value, channel: channel.value, language: language.value }),
    ),
  );
  /** What was changed and is not saved, by message: another one can be looked at meanwhile. */
  const drafts = useSignal<ReadonlyMap<string, Text>>(new Map());
  const keep = (entry: TemplateEntry, text: Text | undefined) => {
    const now = new Map(drafts.peek());
    if (text && !isSame(text, entry)) now.set(keyOf(entry), text);
    else now.delete(keyOf(entry));
    drafts.value = now;
  };
  useEffect(
    () =>
      holdWhile(() => drafts.value.size > 0, {
        what: "writing",
        settle: async () => false,
        drop: () => {
          drafts.value = new Map();
        },
      }),
    [],
  );
  const kinds = [...new Set((entries.value ?? []).map((entry) => entry.kind))];
  return (
    <>
      <Header />
      <main class="templates" id="content">
        <h1 ref={heading} tabIndex={-1}>
          {t("templates.title")}
        </h1>
        <p>{t("templates.intro")}</p>
        <Fault text={fault.value} onRetry={() => void fetch()} />
        {entries.value === undefined && fault.value === "" && <p class="muted">{t("loading")}</p>}
        {entries.value && (
          <>
            <div class="templates-which">
              <Choice
                label={t("templates.choose")}
                value={kind.value}
                options={kinds.map((each) => [each, t(`kind.${each}`)] as const)}
                onChoose={(value) => {
                  kind.value = value;
                }}
              />
              <Choice
                label={t("templates.channel")}
                value={channel.value}
                options={(["email", "sms"] as const).map((each) => [each, t(`channel.${each}`)] as const)}
                onChoose={(value) => {
                  channel.value = value;
                }}
              />
              <Choice
                label={t("templates.language")}
                value={language.value}
                options={(["fr", "en"] as const).map((each) => [each, t(`templates.${each}`)] as const)}
                onChoose={(value) => {
                  language.value = value;
                }}
              />
            </div>
            {drafts.value.size > 0 && <p class="notice info">{t.count("templates.unsaved", drafts.value.size)}</p>}
            {chosen.value && (
              <Editor
                key={keyOf(chosen.value)}
                entry={chosen.value}
                draft={drafts.peek().get(keyOf(chosen.value))}
                keep={keep}
                onChanged={fetch}
              />
            )}
          </>
        )}
        <Reminders />
      </main>
    </>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChoose(value: T): void;
}

function Choice<T extends string>({ label, value, options, onChoose }: ChoiceProps<T>) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        onChange={(event) => {
          const found = options.find(([each]) => each === event.currentTarget.value);
          if (found) onChoose(found[0]);
        }}
      >
        {options.map(([each, word]) => (
          <option key={each} value={each}>
            {word}
          </option>
        ))}
      </select>
    </div>
  );
}

interface EditorProps {
  entry: TemplateEntry;
  /** What was written before and is not saved. */
  draft: Text | undefined;
  keep(entry: TemplateEntry, text: Text | undefined): void;
  onChanged(): Promise<void>;
}

function Editor({ entry, draft, keep, onChanged }: EditorProps) {
  const subject = useSignal((draft ?? entry).subject);
  const body = useSignal((draft ?? entry).body);
  const latest = useRef(entry);
  latest.current = entry;
  useSignalEffect(() => keep(latest.current, text()));
  const preview = useSignal<TemplatePreview | undefined>(undefined);
  const problem = useSignal("");
  const done = useSignal("");
  const area = useRef<HTMLTextAreaElement>(null);
  const [subjectId, bodyId, faultsId] = [useId(), useId(), useId()];
  const text = () => ({ subject: subject.value, body: body.value });
  const zone = facts.value?.timeZone ?? "UTC";
  useEffect(() => {
    const timer = setTimeout(() => {
      previewTemplate(entry, text())
        .then((found) => {
          preview.value = found;
        })
        .catch((cause: unknown) => {
          problem.value = sentenceOf(codeOf(cause));
        });
    }, PREVIEW_AFTER_MS);
    return () => clearTimeout(timer);
  }, [subject.value, body.value]);
  const act = async (step: () => Promise<void>, word: string) => {
    problem.value = "";
    done.value = "";
    try {
      await step();
      keep(entry, undefined);
      done.value = word;
      await onChanged();
    } catch (cause) {
      problem.value = sentenceOf(codeOf(cause));
    }
  };
  const place = (word: PlaceholderWord) => {
    const field = area.current;
    const now = shown(body.value);
    const at = field?.selectionStart ?? now.length;
    const to = field?.selectionEnd ?? at;
    body.value = kept(`${now.slice(0, at)}${placeNamed(word)}${now.slice(to)}`);
    field?.focus();
  };
  const faults = preview.value?.faults ?? [];
  return (
    <form
      class="templates-editor"
      onSubmit={(event) => {
        event.preventDefault();
        void act(() => saveTemplate(entry, text()), t("templates.saved"));
      }}
    >
      <div class="templates-text">
        <p class="muted">
          {entry.changedAt !== undefined
            ? t("templates.changed", {
                name: entry.changedBy ?? "",
                when: whenInWords(entry.changedAt, zone, Date.now()),
              })
            : t("templates.own")}
        </p>
        {entry.channel === "email" && (
          <div class="field">
            <label for={subjectId}>{t("templates.subject")}</label>
            <input
              id={subjectId}
              type="text"
              value={shown(subject.value)}
              aria-describedby={faultsId}
              onInput={(event) => {
                subject.value = kept(event.currentTarget.value);
              }}
            />
          </div>
        )}
        <div class="field">
          <label for={bodyId}>{t("templates.body")}</label>
          <textarea
            ref={area}
            id={bodyId}
            rows={entry.channel === "email" ? 16 : 6}
            value={shown(body.value)}
            aria-describedby={faultsId}
            onInput={(event) => {
              body.value = kept(event.currentTarget.value);
            }}
          />
        </div>
        <div id={faultsId} role="status">
          {faults.length > 0 && (
            <div class="notice danger">
              <div>
                <p>{t("templates.faults")}</p>
                <ul>
                  {faults.map((fault) => (
                    <li key={`${fault.fault}${fault.place ?? ""}`}>{faultInWords(fault)}</li>
                  ))}
                </ul>
              </div>
            </div>
          )}
        </div>
        <h3>{t("templates.places")}</h3>
        <ul class="templates-places">
          {entry.places.map((word) => (
            <li key={word}>
              <button
                type="button"
                class="button"
                aria-label={t("templates.insert", { place: t(`place.${word}`) })}
                onClick={() => place(word)}
              >
                {placeNamed(word)}
              </button>
              <span class="muted">
                {t(`place.${word}`)}
                {entry.needed.includes(word) && `, ${t("templates.needed")}`}
              </span>
            </li>
          ))}
        </ul>
      </div>
      <section class="templates-preview" aria-label={t("templates.preview")}>
        <h3>{t("templates.preview")}</h3>
        {preview.value && (
          <div class="message-text">
            {entry.channel === "email" && (
              <p>
                <strong>{preview.value.subject}</strong>
              </p>
            )}
            <p class="message-words">{preview.value.text}</p>
          </div>
        )}
        {preview.value && entry.channel === "sms" && (
          <p class="muted">{t.count("templates.parts", preview.value.parts)}</p>
        )}
      </section>
      <div class="templates-steps">
        <Fault text={problem.value} />
        <p role="status">{done.value}</p>
        <div class="actions start">
          <button type="submit" class="button primary" disabled={faults.length > 0}>
            {t("templates.save")}
          </button>
          {entry.changedAt !== undefined && (
            <button
              type="button"
              class="button"
              onClick={() =>
                void act(async () => {
                  await removeTemplate(entry);
                  const fresh = (await templates()).find((each) => keyOf(each) === keyOf(entry));
                  subject.value = fresh?.subject ?? "";
                  body.value = fresh?.body ?? "";
                }, t("templates.resetDone"))
              }
            >
              {t("templates.reset")}
            </button>
          )}
        </div>
      </div>
    </form>
  );
}

/** What is wrong, and what to do. */
export function faultInWords(fault: TemplateFaultEntry): string {
  const place = placeNamed(fault.place ?? "");
  switch (fault.fault) {
    case "missing":
      return t("fault.missing", { place });
    case "unknown":
      return t("fault.unknown", { place });
    case "telling_subject":
      return t("fault.telling_subject", { hospital: placeNamed("hospital") });
    default:
      return t(`fault.${fault.fault}`);
  }
}

function Reminders() {
  const services = useSignal<readonly ReminderEntry[] | undefined>(undefined);
  const fault = useSignal("");
  const fetch = () =>
    reminders()
      .then((found) => {
        services.value = found;
        fault.value = "";
      })
      .catch((cause: unknown) => {
        fault.value = sentenceOf(codeOf(cause));
      });
  useEffect(() => {
    void fetch();
  }, []);
  return (
    <section class="reminders" aria-labelledby="reminders">
      <h2 id="reminders">{t("reminders.title")}</h2>
      <p class="muted">{t("reminders.intro")}</p>
      <Fault text={fault.value} onRetry={() => void fetch()} />
      {services.value?.length === 0 && <p>{t("reminders.none")}</p>}
      <ul class="reminders-list">
        {services.value?.map((service) => (
          <Reminder key={service.service} service={service} />
        ))}
      </ul>
    </section>
  );
}

function Reminder({ service }: { service: ReminderEntry }) {
  const days = useSignal(service.daysBefore);
  const minutes = useSignal(service.minutesBefore);
  const word = useSignal("");
  const fault = useSignal("");
  const [daysId, minutesId] = [useId(), useId()];
  const name = service.site === "" ? service.name : `${service.name}, ${service.site}`;
  const save = async () => {
    word.value = "";
    fault.value = "";
    try {
      await saveReminders(service.service, { daysBefore: days.value, minutesBefore: minutes.value });
      word.value = t("reminders.saved");
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  return (
    <li>
      <form
        class="reminder"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <p>
          <strong>{name}</strong>
        </p>
        <div class="field">
          <label for={daysId}>
            {t("reminders.days")} <span class="spoken">{t("reminders.for", { service: name })}</span>
          </label>
          <input
            id={daysId}
            type="number"
            min={0}
            max={14}
            required
            value={days.value}
            onInput={(event) => {
              days.value = event.currentTarget.valueAsNumber;
            }}
          />
        </div>
        <div class="field">
          <label for={minutesId}>
            {t("reminders.minutes")} <span class="spoken">{t("reminders.for", { service: name })}</span>
          </label>
          <input
            id={minutesId}
            type="number"
            min={0}
            max={1440}
            required
            value={minutes.value}
            onInput={(event) => {
              minutes.value = event.currentTarget.valueAsNumber;
            }}
          />
        </div>
        <button type="submit" class="button">
          {t("reminders.save")} <span class="spoken">{t("reminders.for", { service: name })}</span>
        </button>
        <p role="status">{word.value}</p>
        <Fault text={fault.value} />
      </form>
    </li>
  );
}
