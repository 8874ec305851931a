import download from "icon:download";
import search from "icon:search";
import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import { locale } from "../../i18n";
import { dateInWords, momentInWords } from "../../i18n/time";
import type { HoldableEntry, ProblemCode, RetentionState } from "../../protocol";
import { Icon } from "../../ui/icon";
import { Confirm, Fault } from "../parts/Dialog";
import { Header } from "../parts/Header";
import { usePage } from "../parts/hooks";
import { holdAppointment, holdable, liftHold, purgeNow, retention } from "../requests";
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

function Classes({ state, zone }: { state: RetentionState; zone: string }) {
  return (
    <div>
      <h2>{t("classes")}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <section class="statistics-scroll" tabIndex={0} aria-label={t("classes")}>
        <table class="plain-table">
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
                <td data-label={t("column.rule")}>
                  {each.days === undefined ? t("byChat") : t.count("days", each.days)}
                </td>
                <td data-label={t("column.kept")}>{number(each.kept)}</td>
                <td data-label={t("column.due")}>{number(each.due)}</td>
                <td data-label={t("column.held")}>{number(each.held)}</td>
                <td data-label={t("column.next")}>{each.nextAt ? dateInWords(each.nextAt, zone) : "–"}</td>
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
            <table class="plain-table">
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
                    <td data-label={t("column.at")}>{momentInWords(proof.at, zone)}</td>
                    <th scope="row">{wordOf(proof.class)}</th>
                    <td data-label={t("column.rows")}>{number(proof.rows)}</td>
                    <td data-label={t("column.rule")}>
                      <Rule code={proof.rule} />
                    </td>
                    <td class="retention-hash" data-label={t("column.sha256")}>
                      {proof.sha256}
                    </td>
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

/** The rule of a proof in the language of the page; one of an earlier release stands in its own words. */
function Rule({ code }: { code: string }) {
  const days = /^after_visit:(\d+)$/.exec(code)?.[1];
  if (days !== undefined) return <>{t.count("rule.afterVisit", Number(days))}</>;
  if (code === "chat_over") return <>{t("rule.chatOver")}</>;
  if (code === "chat_written") return <>{t("rule.chatWritten")}</>;
  return <span lang="en">{code}</span>;
}

const inWords = (of: HoldableEntry, zone: string): string =>
  t("of", { patient: of.patient, service: of.service, date: momentInWords(of.startsAt, zone) });

function Holds({ state, zone, onChanged }: { state: RetentionState; zone: string; onChanged(): void }) {
  const lifting = useSignal<string | undefined>(undefined);
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
              {each.appointment ? inWords(each.appointment, zone) : t("gone")}
              <br />
              <span class="muted tabular">
                {t("since", { date: momentInWords(each.setAt, zone) })}
                {each.liftedAt && ` · ${t("lifted", { date: momentInWords(each.liftedAt, zone) })}`}
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
      <HoldForm zone={zone} onChanged={onChanged} />
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

/** Finds an appointment by name and day, and holds it for a reason. */
function HoldForm({ zone, onChanged }: { zone: string; onChanged(): void }) {
  const id = useId();
  const name = useSignal("");
  const day = useSignal("");
  const found = useSignal<readonly HoldableEntry[] | undefined>(undefined);
  const chosen = useSignal<string | undefined>(undefined);
  const reason = useSignal("");
  const fault = useSignal("");
  const seek = async () => {
    fault.value = "";
    chosen.value = undefined;
    if (name.value.trim() === "" && day.value === "") {
      fault.value = t("findNothing");
      return;
    }
    try {
      found.value = await holdable({ name: name.value.trim(), ...(day.value !== "" && { day: day.value }) });
      if (found.value.length === 1) chosen.value = found.value[0]?.appointment;
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  const hold = async () => {
    fault.value = "";
    if (chosen.value === undefined) {
      fault.value = t("chooseFirst");
      return;
    }
    try {
      await holdAppointment({ appointment: chosen.value, reason: reason.value.trim() });
      name.value = day.value = reason.value = "";
      found.value = chosen.value = undefined;
      onChanged();
    } catch (cause) {
      fault.value = codeOf(cause) === "not_found" ? t("noAppointment") : sentenceOf(codeOf(cause));
    }
  };
  return (
    <>
      <form
        autocomplete="off"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void seek();
        }}
      >
        <p class="hint">{t("findHint")}</p>
        <div class="retention-find">
          <div class="field">
            <label for={`${id}-name`}>{t("findName")}</label>
            <input
              id={`${id}-name`}
              type="search"
              value={name.value}
              onInput={(event) => {
                name.value = event.currentTarget.value;
              }}
            />
          </div>
          <div class="field">
            <label for={`${id}-day`}>{t("findDay")}</label>
            <input
              id={`${id}-day`}
              type="date"
              value={day.value}
              onInput={(event) => {
                day.value = event.currentTarget.value;
              }}
            />
          </div>
          <button type="submit" class="button">
            <Icon of={search} />
            {t("find")}
          </button>
        </div>
      </form>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void hold();
        }}
      >
        <div role="status">
          {found.value && <p>{found.value.length === 0 ? t("foundNone") : t.count("found", found.value.length)}</p>}
        </div>
        {found.value && found.value.length > 0 && (
          <>
            <div class="retention-found" role="radiogroup" aria-label={t("holds")}>
              {found.value.map((each) => (
                <label key={each.appointment} class="check">
                  <input
                    type="radio"
                    name={`${id}-which`}
                    checked={chosen.value === each.appointment}
                    onChange={() => {
                      chosen.value = each.appointment;
                    }}
                  />
                  {inWords(each, zone)}
                </label>
              ))}
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
          </>
        )}
        <Fault text={fault.value} />
        {found.value && found.value.length > 0 && (
          <button type="submit" class="button primary">
            {t("hold")}
          </button>
        )}
      </form>
    </>
  );
}
