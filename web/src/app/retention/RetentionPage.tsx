import download from "icon:download";
import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import { locale } from "../../i18n";
import { dayInWords, timeOfDay } from "../../i18n/time";
import type { ProblemCode, RetentionState } from "../../protocol";
import { Icon } from "../../ui/icon";
import { Confirm, Fault } from "../parts/Dialog";
import { Header } from "../parts/Header";
import { usePage } from "../parts/hooks";
import { holdAppointment, liftHold, purgeNow, retention } from "../requests";
import { facts } from "../who";
import { codeOf, sentenceOf, t as ta } from "../words";
import { CLASSES, t } from "./retention.words";
import "../statistics/statistics.css";
import "./retention.css";

/** What is kept for how long, what goes next, the proofs of what went, and what is held back. */
export function RetentionPage() {
  const heading = usePage(t("title"));
  const state = useSignal<RetentionState | undefined>(undefined);
  const problem = useSignal<ProblemCode | undefined>(undefined);
  const isAsking = useSignal(false);
  const said = useSignal("");
  const zone = facts.value?.timeZone ?? "UTC";
  const load = async () => {
    problem.value = undefined;
    try {
      state.value = await retention();
    } catch (cause) {
      problem.value = codeOf(cause);
    }
  };
  useEffect(() => {
    void load();
  }, []);
  const shown = state.value;
  return (
    <>
      <Header />
      <main class="retention" id="content">
        <h1 ref={heading} tabIndex={-1}>
          {t("title")}
        </h1>
        <p class="muted">{t("intro")}</p>
        {problem.value && <Fault text={sentenceOf(problem.value)} onRetry={() => void load()} />}
        {!shown && !problem.value && <p class="muted">{ta("app.loading")}</p>}
        {shown && (
          <>
            <Classes state={shown} zone={zone} />
            <div>
              <button
                type="button"
                class="button"
                onClick={() => {
                  isAsking.value = true;
                }}
              >
                {t("run")}
              </button>
              <p role="status">{said.value}</p>
            </div>
            <Proofs state={shown} zone={zone} />
            <Holds state={shown} zone={zone} onChanged={() => void load()} />
          </>
        )}
      </main>
      {isAsking.value && (
        <Confirm
          title={t("runQuestion")}
          meaning={t("runMeaning")}
          confirm={t("runConfirm")}
          keep={t("keep")}
          onConfirm={async () => {
            const { rows } = await purgeNow();
            said.value = t.count("ran", rows);
            await load();
          }}
          onClose={() => {
            isAsking.value = false;
          }}
        />
      )}
    </>
  );
}

const number = (amount: number): string => new Intl.NumberFormat(locale.value).format(amount);

const wordOf = (name: string): string => {
  const known = CLASSES.find((each) => each === name);
  return known ? t(`class.${known}`) : name;
};

const moment = (at: string, zone: string): string =>
  `${dayInWords(at, zone)} ${at.slice(0, 4)}, ${timeOfDay(at, zone)}`;

function Classes({ state, zone }: { state: RetentionState; zone: string }) {
  return (
    <div>
      <h2>{t("classes")}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <section class="statistics-scroll" tabIndex={0} aria-label={t("classes")}>
        <table>
          <thead>
            <tr>
              {(["class", "rule", "kept", "due", "held", "next"] as const).map((column) => (
                <th key={column} scope="col">
                  {t(`column.${column}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {state.classes.map((each) => (
              <tr key={each.class}>
                <th scope="row">{wordOf(each.class)}</th>
                <td>{each.days === undefined ? t("byChat") : t.count("days", each.days)}</td>
                <td>{number(each.kept)}</td>
                <td>{number(each.due)}</td>
                <td>{number(each.held)}</td>
                <td>{each.nextAt ? `${dayInWords(each.nextAt, zone)} ${each.nextAt.slice(0, 4)}` : "–"}</td>
              </tr>
            ))}
            <tr>
              <th scope="row">{t("class.logins")}</th>
              <td colSpan={5}>{t("logins")}</td>
            </tr>
          </tbody>
        </table>
      </section>
    </div>
  );
}

function Proofs({ state, zone }: { state: RetentionState; zone: string }) {
  return (
    <div>
      <h2>{t("proofs")}</h2>
      <p class="muted">{t("proofsHint")}</p>
      {state.proofs.length === 0 ? (
        <p>{t("noProofs")}</p>
      ) : (
        <>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
          <section class="statistics-scroll" tabIndex={0} aria-label={t("proofs")}>
            <table>
              <thead>
                <tr>
                  {(["at", "class", "rows", "rule", "sha256"] as const).map((column) => (
                    <th key={column} scope="col">
                      {t(`column.${column}`)}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {state.proofs.map((proof) => (
                  <tr key={proof.proof}>
                    <td>{moment(proof.at, zone)}</td>
                    <th scope="row">{wordOf(proof.class)}</th>
                    <td>{number(proof.rows)}</td>
                    <td lang="en">{proof.rule}</td>
                    <td class="retention-hash">{proof.sha256}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
          <a class="button" href="/api/retention/proofs.csv" download>
            <Icon of={download} />
            {t("csv")}
          </a>
        </>
      )}
    </div>
  );
}

function Holds({ state, zone, onChanged }: { state: RetentionState; zone: string; onChanged(): void }) {
  const id = useId();
  const appointment = useSignal("");
  const reason = useSignal("");
  const fault = useSignal("");
  const lifting = useSignal<string | undefined>(undefined);
  const hold = async () => {
    fault.value = "";
    try {
      await holdAppointment({ appointment: appointment.value.trim(), reason: reason.value.trim() });
      appointment.value = "";
      reason.value = "";
      onChanged();
    } catch (cause) {
      fault.value = codeOf(cause) === "not_found" ? t("noAppointment") : sentenceOf(codeOf(cause));
    }
  };
  return (
    <div class="retention-holds">
      <h2>{t("holds")}</h2>
      <p class="muted">{t("holdsHint")}</p>
      <ul>
        {state.holds.map((each) => (
          <li key={each.hold}>
            <p>
              <strong>{each.reason}</strong>
              <br />
              <span class="muted tabular">
                {each.appointment} · {t("since", { date: moment(each.setAt, zone) })}
                {each.liftedAt && ` · ${t("lifted", { date: moment(each.liftedAt, zone) })}`}
              </span>
            </p>
            {!each.liftedAt && (
              <button
                type="button"
                class="button"
                onClick={() => {
                  lifting.value = each.hold;
                }}
              >
                {t("lift")}
                <span class="spoken"> {each.reason}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void hold();
        }}
      >
        <div class="field">
          <label for={`${id}-appointment`}>{t("appointment")}</label>
          <p class="hint" id={`${id}-hint`}>
            {t("appointmentHint")}
          </p>
          <input
            id={`${id}-appointment`}
            type="text"
            required
            aria-describedby={`${id}-hint`}
            value={appointment.value}
            onInput={(event) => {
              appointment.value = event.currentTarget.value;
            }}
          />
        </div>
        <div class="field">
          <label for={`${id}-reason`}>{t("reason")}</label>
          <input
            id={`${id}-reason`}
            type="text"
            required
            maxLength={300}
            value={reason.value}
            onInput={(event) => {
              reason.value = event.currentTarget.value;
            }}
          />
        </div>
        <Fault text={fault.value} />
        <button type="submit" class="button primary">
          {t("hold")}
        </button>
      </form>
      {lifting.value && (
        <Confirm
          title={t("liftQuestion")}
          meaning={t("liftMeaning")}
          confirm={t("lift")}
          keep={t("keep")}
          onConfirm={async () => {
            await liftHold(lifting.value ?? "");
            onChanged();
          }}
          onClose={() => {
            lifting.value = undefined;
          }}
        />
      )}
    </div>
  );
}
