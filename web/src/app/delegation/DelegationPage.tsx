import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import type { DelegationEntry, DelegationRequest, DelegationState } from "../../protocol";
import { moment } from "../admin/moment";
import { useAsked } from "../parts/asked";
import { Confirm, Fault } from "../parts/Dialog";
import { Header } from "../parts/Header";
import { usePage } from "../parts/hooks";
import { ask } from "../requests";
import { codeOf, sentenceOf, t as ta } from "../words";
import { t } from "./delegation.words";
import "../emergency/emergency.css";

/** Who acts for whom: given, received, taken back. */
export function DelegationPage() {
  const heading = usePage(t("title"));
  const { told: state, fault, load } = useAsked<DelegationState>("/api/delegations");
  const revoking = useSignal<DelegationEntry | undefined>(undefined);
  const shown = state.value;
  return (
    <>
      <Header />
      <main class="emergency" id="content">
        <h1 ref={heading} tabIndex={-1}>
          {t("title")}
        </h1>
        <Fault text={fault.value} onRetry={() => void load()} />
        {!shown && fault.value === "" && <p class="muted">{ta("app.loading")}</p>}
        {shown && shown.candidates.length > 0 && (
          <>
            <p>{t("intro")}</p>
            <Give state={shown} onGiven={() => void load()} />
            <section>
              <h2>{t("given")}</h2>
              <List entries={shown.given} none={t("noneGiven")} onRevoke={(each) => (revoking.value = each)} />
            </section>
          </>
        )}
        {shown && (
          <section>
            <h2>{t("received")}</h2>
            <List entries={shown.received} none={t("noneReceived")} />
          </section>
        )}
      </main>
      {revoking.value && (
        <Confirm
          title={t("revokeQuestion")}
          meaning={t("revokeMeaning", { name: revoking.value.name })}
          confirm={t("revoke")}
          keep={t("keep")}
          onConfirm={async () => {
            await ask("DELETE", `/api/delegations/${encodeURIComponent(revoking.value?.delegation ?? "")}`);
            await load();
          }}
          onClose={() => {
            revoking.value = undefined;
          }}
        />
      )}
    </>
  );
}

interface ListProps {
  entries: readonly DelegationEntry[];
  none: string;
  onRevoke?: (entry: DelegationEntry) => void;
}

function List({ entries, none, onRevoke }: ListProps) {
  if (entries.length === 0) return <p class="muted">{none}</p>;
  return (
    <ul class="emergency-list">
      {entries.map((each) => (
        <li key={each.delegation}>
          <p>
            <strong>{each.name}</strong>
            {!each.isInForce && <span class="muted"> · {t("later")}</span>}
            <br />
            <span class="muted tabular">{t("span", { from: moment(each.startsAt), until: moment(each.endsAt) })}</span>
          </p>
          {onRevoke && (
            <button type="button" class="button" onClick={() => onRevoke(each)}>
              {t("revoke")}
              <span class="spoken"> {each.name}</span>
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

/** Lets somebody act, by the clocks of this device. */
function Give({ state, onGiven }: { state: DelegationState; onGiven(): void }) {
  const id = useId();
  const to = useSignal("");
  const from = useSignal("");
  const until = useSignal("");
  const fault = useSignal("");
  const isBusy = useSignal(false);
  const give = async () => {
    fault.value = "";
    if (to.value === "" || until.value === "") {
      fault.value = t("missing");
      return;
    }
    const at = (local: string) => new Date(local).toISOString();
    const json: DelegationRequest = {
      to: to.value,
      startsAt: from.value === "" ? new Date().toISOString() : at(from.value),
      endsAt: at(until.value),
    };
    isBusy.value = true;
    try {
      await ask("POST", "/api/delegations", { json });
      to.value = from.value = until.value = "";
      onGiven();
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
    isBusy.value = false;
  };
  return (
    <form
      noValidate
      aria-label={t("give")}
      onSubmit={(event) => {
        event.preventDefault();
        void give();
      }}
    >
      <div class="field">
        <label for={`${id}-to`}>{t("to")}</label>
        <select
          id={`${id}-to`}
          value={to.value}
          onChange={(event) => {
            to.value = event.currentTarget.value;
          }}
        >
          <option value="">{t("choose")}</option>
          {state.candidates.map((each) => (
            <option key={each.practitioner} value={each.practitioner}>
              {each.name} ({each.roles.map((role) => ta(`staff.${role}`)).join(", ")})
            </option>
          ))}
        </select>
      </div>
      <div class="emergency-find">
        {(["from", "until"] as const).map((which) => (
          <div class="field" key={which}>
            <label for={`${id}-${which}`}>{t(which)}</label>
            <input
              id={`${id}-${which}`}
              type="datetime-local"
              aria-describedby={which === "from" ? `${id}-hint` : undefined}
              value={which === "from" ? from.value : until.value}
              onInput={(event) => {
                (which === "from" ? from : until).value = event.currentTarget.value;
              }}
            />
            {which === "from" && (
              <p class="hint" id={`${id}-hint`}>
                {t("fromHint")}
              </p>
            )}
          </div>
        ))}
      </div>
      <Fault text={fault.value} />
      <button type="submit" class="button primary" disabled={isBusy.value}>
        {t("give")}
      </button>
    </form>
  );
}
