import download from "icon:download";
import { useSignal } from "@preact/signals";
import { useEffect, useId, useMemo } from "preact/hooks";
import { dayInWords, stopwatch, timeOfDay } from "../i18n/time";
import type { AfterDocument, AfterState, OwnTrailEntry } from "../protocol";
import { deedOf, subjectOf } from "../trail.words";
import { Icon } from "../ui/icon";
import { Afterwards } from "./after";
import { t } from "./after.words";
import { Prove, SignedIn } from "./Prove";
import { useClock } from "./parts";
import { t as tp } from "./prove.words";
import type { Visit } from "./visit";
import { codeOf, sentenceOf } from "./words";
import "./after.css";

/** What is left of the visit: the way back in for five minutes, one question, and the documents. */
export function After({ visit }: { visit: Visit }) {
  const link = visit.link ?? "";
  const after = useMemo(() => new Afterwards(link, () => visit.comeBack()), [link, visit]);
  useEffect(() => {
    void after.open();
    return () => after.close();
  }, [after]);
  const state = after.state.value;
  if (after.isNothing.value) return null;
  if (after.problem.value)
    return (
      <div class="after">
        <p role="alert">{sentenceOf(after.problem.value)}</p>
        <button type="button" class="button wide" onClick={() => void after.open()}>
          {t("retry")}
        </button>
      </div>
    );
  if (!state) return <p role="status">{t("opening")}</p>;
  return (
    <div class="after">
      <WayBack visit={visit} after={after} state={state} />
      <Rate after={after} state={state} />
      {state.mayHaveDocuments && <Documents visit={visit} after={after} state={state} />}
      {state.mayHaveDocuments && state.documents !== undefined && <Access visit={visit} after={after} />}
    </div>
  );
}

interface PartProps {
  after: Afterwards;
  state: AfterState;
}

function WayBack({ visit, after, state }: PartProps & { visit: Visit }) {
  useClock(visit);
  const fault = useSignal("");
  const id = useId();
  const restMs = Date.parse(state.reopensUntil) - after.nowMs();
  if (restMs <= 0) return state.askedBackAt ? <p role="status">{t("back.over")}</p> : null;
  const ask = () =>
    after.askBack().catch((cause) => {
      fault.value = sentenceOf(codeOf(cause));
    });
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{t("back.title")}</h2>
      {state.askedBackAt ? (
        <p role="status" class="notice info">
          {t("back.asked")}
        </p>
      ) : (
        <>
          <p class="tabular">{t("back.text", { time: stopwatch(restMs) })}</p>
          <button type="button" class="button wide" onClick={() => void ask()}>
            {t("back.ask")}
          </button>
        </>
      )}
      <p role="alert">{fault.value}</p>
    </section>
  );
}

const SCORES = [1, 2, 3, 4, 5] as const;

function Rate({ after, state }: PartProps) {
  const id = useId();
  const score = useSignal<number | undefined>(undefined);
  const words = useSignal("");
  const fault = useSignal("");
  const isBusy = useSignal(false);
  if (state.hasRated)
    return (
      <section>
        <p role="status">{t("rating.thanks")}</p>
      </section>
    );
  const send = async () => {
    if (isBusy.peek()) return;
    if (score.peek() === undefined) {
      fault.value = t("rating.choose");
      return;
    }
    isBusy.value = true;
    fault.value = "";
    try {
      await after.rate(score.peek() ?? 0, words.peek());
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{t("rating.title")}</h2>
      <p>{t("rating.hint")}</p>
      <fieldset class="rating" aria-labelledby={id}>
        {SCORES.map((value) => (
          <label key={value}>
            <input
              type="radio"
              name={id}
              checked={score.value === value}
              onChange={() => {
                score.value = value;
              }}
            />
            <span>{t(`rating.${value}`)}</span>
          </label>
        ))}
      </fieldset>
      <label class="field" for={`${id}-words`}>
        {t("rating.words")}
      </label>
      <textarea
        id={`${id}-words`}
        rows={3}
        maxLength={500}
        value={words.value}
        onInput={(event) => {
          words.value = event.currentTarget.value;
        }}
      />
      <p role="alert">{fault.value}</p>
      <button type="button" class="button wide" aria-disabled={isBusy.value} onClick={() => void send()}>
        {t("rating.send")}
      </button>
    </section>
  );
}

function Documents({ visit, after, state }: PartProps & { visit: Visit }) {
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{t("documents.title")}</h2>
      <Came after={after} />
      {state.signedInWith && <SignedIn after={after} name={state.signedInWith} />}
      {state.documents === undefined ? (
        <Prove visit={visit} after={after} state={state} />
      ) : state.documents.length === 0 ? (
        <p>{t("documents.none")}</p>
      ) : (
        <>
          <ul class="after-documents">
            {state.documents.map((document) => (
              <Row key={document.document} after={after} document={document} />
            ))}
          </ul>
          <p>{t("documents.until", { day: dayInWords(state.documentsUntil, visit.timeZone) })}</p>
          <p class="muted">{t("documents.log")}</p>
        </>
      )}
    </section>
  );
}

/** How the sign-in ended from which the browser came back. */
function Came({ after }: { after: Afterwards }) {
  const end = after.cameBack;
  if (!end) return null;
  const isGood = end === "done" || end === "signed_out";
  return (
    <p class={`notice ${isGood ? "info" : "warn"}`} role={isGood ? "status" : "alert"}>
      {tp(`end.${end}`)}
    </p>
  );
}

/** Who has seen the patient's data: behind the same second door as the documents. */
function Access({ visit, after }: { visit: Visit; after: Afterwards }) {
  const id = useId();
  const entries = useSignal<OwnTrailEntry[] | undefined>(undefined);
  const fault = useSignal("");
  const load = async () => {
    fault.value = "";
    try {
      entries.value = (await after.access()).entries;
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{t("access.title")}</h2>
      <p>{t("access.text")}</p>
      {entries.value === undefined ? (
        <button type="button" class="button wide" onClick={() => void load()}>
          {t("access.show")}
        </button>
      ) : entries.value.length === 0 ? (
        <p role="status">{t("access.none")}</p>
      ) : (
        <ul class="after-access">
          {entries.value.map((entry) => (
            <li key={`${entry.who} ${entry.name ?? ""} ${entry.deed} ${entry.subject}`}>
              <strong>{whoOf(entry)}</strong>
              <span>
                {t("access.line", { subject: subjectOf(entry.subject), deed: deedOf(entry.deed) })}
                {entry.times > 1 && ` (${t.count("access.times", entry.times)})`}
              </span>
              <span class="muted tabular">
                {dayInWords(entry.lastAt, visit.timeZone)}, {timeOfDay(entry.lastAt, visit.timeZone)}
              </span>
            </li>
          ))}
        </ul>
      )}
      <p role="alert">{fault.value}</p>
    </section>
  );
}

function whoOf(entry: OwnTrailEntry): string {
  if (entry.name) return entry.name;
  const known = WHO.find((each) => each === entry.who);
  return known ? t(`access.${known}`) : entry.who;
}

const WHO = ["you", "staff", "guest", "sender", "gateway"] as const;

function Row({ after, document }: { after: Afterwards; document: AfterDocument }) {
  const said = useSignal("");
  const fault = useSignal("");
  const id = useId();
  const take = async () => {
    said.value = t("documents.taking");
    fault.value = "";
    try {
      await after.take(document);
      said.value = t("documents.taken");
    } catch (cause) {
      said.value = "";
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  const own = document.kind === "image" || document.kind === "file" ? document.name : "";
  return (
    <li>
      <p id={id}>
        <strong>{t(`kind.${document.kind}`)}</strong>
        {own && <span class="after-name"> {own}</span>}
      </p>
      <button type="button" class="button wide" aria-describedby={id} onClick={() => void take()}>
        <Icon of={download} />
        {t("documents.take")}
      </button>
      <p role="status">{said.value}</p>
      <p role="alert">{fault.value}</p>
    </li>
  );
}
