import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type {
  LanguageWord,
  ReadySentenceWord,
  RefusalSentenceWord,
  WaitingMessageRequest,
  WaitingPractitioner,
} from "../../protocol";
import { Dialog, Fault } from "../parts/Dialog";
import { codeOf, sentenceOf, t as tApp } from "../words";
import { tellDelay, tellWaiting } from "./requests";
import { DELAYS_MINUTES, FAREWELLS, MAX_TEXT, SENTENCES } from "./waiting";
import { t } from "./waiting.words";

interface AskingProps {
  title: string;
  meaning: ComponentChildren;
  confirm: string;
  isDanger?: boolean;
  isReady?: boolean;
  /** The dialog closes after it, and stays with a sentence when it throws. */
  onConfirm(): Promise<void>;
  onClose(): void;
  children: ComponentChildren;
}

/** A dialog with something to choose, and one thing to do. */
function Asking(props: AskingProps) {
  const { title, meaning, confirm, isDanger, isReady = true, onConfirm, onClose, children } = props;
  const fault = useSignal("");
  const isBusy = useSignal(false);
  const act = async () => {
    if (!isReady || isBusy.peek()) return;
    fault.value = "";
    isBusy.value = true;
    try {
      await onConfirm();
      onClose();
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
    isBusy.value = false;
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        class="asking"
        onSubmit={(event) => {
          event.preventDefault();
          void act();
        }}
      >
        <div>{meaning}</div>
        {children}
        <Fault text={fault.value} />
        <div class="actions">
          <button type="button" class="button" onClick={onClose}>
            {t("cancel")}
          </button>
          <button
            type="submit"
            class={`button ${isDanger ? "danger" : "primary"}`}
            aria-disabled={!isReady || isBusy.value}
          >
            {confirm}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface ChoiceProps<Word extends string> {
  legend: string;
  name: string;
  words: readonly Word[];
  label(word: Word): string;
  value: Word;
  onChange(word: Word): void;
}

/** One of several, with words. */
export function Choice<Word extends string>({ legend, name, words, label, value, onChange }: ChoiceProps<Word>) {
  return (
    <fieldset class="choice">
      <legend>{legend}</legend>
      {words.map((word) => (
        <label key={word} class="check">
          <input type="radio" name={name} value={word} checked={word === value} onChange={() => onChange(word)} />
          <span>{label(word)}</span>
        </label>
      ))}
    </fieldset>
  );
}

interface TellProps {
  appointment: string;
  participant: string;
  name: string;
  language: LanguageWord | undefined;
  onSent(): void;
  onClose(): void;
}

/** Writes to somebody who waits: a sentence that is ready in their language, or own words. */
export function TellDialog({ appointment, participant, name, language, onSent, onClose }: TellProps) {
  const sentence = useSignal<ReadySentenceWord | "own">("soon_your_turn");
  const text = useSignal("");
  const isOwn = sentence.value === "own";
  const message = (): WaitingMessageRequest =>
    sentence.peek() === "own" ? { text: text.peek().trim() } : { sentence: sentence.peek() as ReadySentenceWord };
  return (
    <Asking
      title={t("writeTitle", { name })}
      meaning={
        <>
          <p>{t("writeMeaning", { name })}</p>
          {language && <p class="muted">{t("writeLanguage", { language: tApp(`language.${language}`) })}</p>}
        </>
      }
      confirm={t("writeSend")}
      isReady={!isOwn || text.value.trim() !== ""}
      onConfirm={async () => {
        await tellWaiting(appointment, participant, message());
        onSent();
      }}
      onClose={onClose}
    >
      <Choice
        legend={t("writeReady")}
        name="sentence"
        words={[...SENTENCES, "own" as const]}
        label={(word) => (word === "own" ? t("writeOwn") : t(word))}
        value={sentence.value}
        onChange={(word) => {
          sentence.value = word;
        }}
      />
      {isOwn && (
        <div class="field">
          <label for="waiting-text">{t("writeText")}</label>
          <textarea
            id="waiting-text"
            rows={3}
            maxLength={MAX_TEXT}
            aria-describedby="waiting-text-hint"
            value={text.value}
            onInput={(event) => {
              text.value = event.currentTarget.value.replace(/\s*\n\s*/g, " ");
            }}
          />
          <p class="hint" id="waiting-text-hint">
            {t("writeHint", { n: [...text.value].length, max: MAX_TEXT })}
          </p>
        </div>
      )}
    </Asking>
  );
}

interface DelayProps {
  people: readonly WaitingPractitioner[];
  onTold(): void;
  onClose(): void;
}

/** Says how late somebody is, to all who wait for them. */
export function DelayDialog({ people, onTold, onClose }: DelayProps) {
  const who = useSignal(people[0]?.practitioner ?? "");
  const minutes = useSignal("10");
  return (
    <Asking
      title={t("lateTitle")}
      meaning={<p>{t("lateMeaning")}</p>}
      confirm={t("lateSend")}
      isReady={who.value !== ""}
      onConfirm={async () => {
        await tellDelay(who.peek(), Number(minutes.peek()));
        onTold();
      }}
      onClose={onClose}
    >
      {people.length > 1 && (
        <div class="field">
          <label for="late-who">{t("lateWho")}</label>
          <select
            id="late-who"
            value={who.value}
            onChange={(event) => {
              who.value = event.currentTarget.value;
            }}
          >
            {people.map((each) => (
              <option key={each.practitioner} value={each.practitioner}>
                {each.name}
              </option>
            ))}
          </select>
        </div>
      )}
      <Choice
        legend={t("lateHow")}
        name="minutes"
        words={DELAYS_MINUTES.map(String)}
        label={(word) => (word === "0" ? t("lateNot") : t("lateMinutes", { minutes: word }))}
        value={minutes.value}
        onChange={(word) => {
          minutes.value = word;
        }}
      />
    </Asking>
  );
}

interface RefuseProps {
  name: string;
  onConfirm(sentence: RefusalSentenceWord): Promise<void>;
  onClose(): void;
}

/** Does not let somebody in, with a sentence for them. */
export function RefuseDialog({ name, onConfirm, onClose }: RefuseProps) {
  const sentence = useSignal<RefusalSentenceWord>("call_us");
  return (
    <Asking
      title={t("refuseTitle", { name })}
      meaning={<p>{t("refuseMeaning")}</p>}
      confirm={t("refuseConfirm")}
      isDanger
      onConfirm={() => onConfirm(sentence.peek())}
      onClose={onClose}
    >
      <Choice
        legend={t("refuseWhy")}
        name="farewell"
        words={FAREWELLS}
        label={(word) => t(word)}
        value={sentence.value}
        onChange={(word) => {
          sentence.value = word;
        }}
      />
    </Asking>
  );
}
