import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { dayInWords } from "../../i18n/time";
import type { AppointmentEntry, StepEntry, StepViewport } from "../../protocol";
import { nameOf } from "../agenda/agenda";
import { Fault } from "../parts/Dialog";
import { Header } from "../parts/Header";
import { usePage } from "../parts/hooks";
import { appointment as appointmentOf, stepPictureOf, studiesOf, viewingRecordOf } from "../requests";
import { facts } from "../who";
import { t as app, codeOf, sentenceOf } from "../words";
import { clockOf, isUnknown, lengthOf, Names, sightsOf, stepsOf } from "./record";
import { t } from "./words";
import "./record.css";

/** Steps that are listed at first, and that each press of the button adds. */
const PAGE = 60;

interface Loaded {
  entry: AppointmentEntry;
  names: Names;
  steps: readonly StepEntry[];
}

/** What was shown in a visit, step by step: pictures with times, who presented, and who had them on the screen. */
export function Record({ appointment }: { appointment: string }) {
  const heading = usePage(t("title"));
  const loaded = useSignal<Loaded | undefined>(undefined);
  const fault = useSignal("");
  const whose = useSignal("");
  const count = useSignal(PAGE);
  const load = async () => {
    fault.value = "";
    try {
      const [entry, record, studies] = await Promise.all([
        appointmentOf(appointment),
        viewingRecordOf(appointment),
        // Without them a series has no title, and all the rest is there.
        studiesOf(appointment).catch(() => []),
      ]);
      loaded.value = { entry, names: new Names(entry, studies), steps: record.steps };
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  useEffect(() => {
    void load();
  }, [appointment]);
  const zone = facts.value?.timeZone ?? "UTC";
  const steps = stepsOf(loaded.value?.steps ?? [], whose.value);
  return (
    <>
      <Header />
      <main class="record" id="content">
        <h1 ref={heading} tabIndex={-1}>
          {t("title")}
        </h1>
        <p>
          <a href="/app">{app("app.backToAgenda")}</a>
        </p>
        <Fault text={fault.value} onRetry={() => void load()} />
        {!loaded.value && fault.value === "" && (
          <p class="muted" role="status">
            {app("app.loading")}
          </p>
        )}
        {loaded.value && (
          <>
            <Summary {...loaded.value} zone={zone} />
            {loaded.value.steps.length > 0 && (
              <p class="field record-whose">
                <label for="record-whose">{t("whose")}</label>
                <select
                  id="record-whose"
                  value={whose.value}
                  onChange={(event) => {
                    whose.value = event.currentTarget.value;
                    count.value = PAGE;
                  }}
                >
                  <option value="">{t("everybody")}</option>
                  {loaded.value.entry.participants.map(({ participant, name }) => (
                    <option key={participant} value={participant}>
                      {t("onScreenOf", { name })}
                    </option>
                  ))}
                </select>
              </p>
            )}
            <p class="spoken" role="status">
              {t("part", { shown: Math.min(count.value, steps.length), count: steps.length })}
            </p>
            {steps.length === 0 && loaded.value.steps.length > 0 && <p>{t("none")}</p>}
            <ol class="record-steps">
              {steps.slice(0, count.value).map((step) => (
                <StepRow key={step.step} step={step} names={loaded.value?.names} zone={zone} />
              ))}
            </ol>
            {steps.length > count.value && (
              <p class="record-more">
                <button
                  type="button"
                  class="button"
                  onClick={() => {
                    count.value += PAGE;
                  }}
                >
                  {t("more")}
                </button>
                <span class="muted">{t("part", { shown: count.value, count: steps.length })}</span>
              </p>
            )}
          </>
        )}
      </main>
    </>
  );
}

function Summary({ entry, steps, zone }: Loaded & { zone: string }) {
  const [first, last] = [steps[0], steps.at(-1)];
  return (
    <>
      <p>
        <strong>{nameOf(entry)}</strong> · {dayInWords(entry.startsAt, zone)} · {entry.service}
      </p>
      <p class="muted record-what">{t("what")}</p>
      {first && last ? (
        <p class="tabular">
          {t.count("steps", steps.length)}, {t("fromTo", { from: clockOf(first.at, zone), to: clockOf(last.at, zone) })}
        </p>
      ) : (
        <p>{t("empty")}</p>
      )}
    </>
  );
}

function StepRow({ step, names, zone }: { step: StepEntry; names: Names | undefined; zone: string }) {
  if (!names) return null;
  const { sharp, coarse, missed } = sightsOf(step);
  const people = (words: string, participants: readonly string[]) =>
    participants.length > 0 && (
      <p>
        <span class="muted">{words}</span> {names.people(participants)}
      </p>
    );
  return (
    <li class="record-step">
      <p class="record-when tabular">
        <strong>
          <time dateTime={step.at}>{clockOf(step.at, zone)}</time>
        </strong>{" "}
        {t(`cause.${step.cause}`)}
        {step.isMoving && <span class="muted"> ({t("moving")})</span>} <span class="muted">{lengthOf(step)}</span>
      </p>
      {step.viewports.length > 0 && (
        <div class="record-views" data-layout={step.layout}>
          {step.viewports.map((viewport) => (
            <View key={viewport.viewport} step={step.step} viewport={viewport} words={names.view(viewport)} />
          ))}
        </div>
      )}
      {step.viewports.length > 0 && (
        <p>{step.presenter ? t("presented", { name: names.person(step.presenter) }) : t("nobodyPresented")}</p>
      )}
      {people(t("sharp"), sharp)}
      {people(t("coarse"), coarse)}
      {people(t("missed"), missed)}
      {isUnknown(step) && <p class="muted">{t("notKnown")}</p>}
    </li>
  );
}

function View({ step, viewport, words }: { step: string; viewport: StepViewport; words: string }) {
  const isLost = useSignal(false);
  const place = { "data-viewport": viewport.viewport };
  if (!viewport.isPicture || isLost.value)
    return (
      <p class="record-no-picture" {...place}>
        {words}
        {isLost.value && (
          <>
            <br />
            {t("lost")}
          </>
        )}
      </p>
    );
  return (
    <img
      {...place}
      src={stepPictureOf(step, viewport.viewport)}
      alt={words}
      title={words}
      width={320}
      height={240}
      loading="lazy"
      decoding="async"
      onError={() => {
        isLost.value = true;
      }}
    />
  );
}
