import plus from "icon:plus";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { IssuedToken, ScopeWord, ServiceEntry, TokenEntry } from "../../protocol";
import { Icon } from "../../ui/icon";
import { CopyLine } from "../parts/CopyLine";
import { Confirm, Dialog, Fault } from "../parts/Dialog";
import { Field } from "../parts/Field";
import { codeOf, sentenceOf, t as ta } from "../words";
import { AdminPage } from "./AdminPage";
import { t } from "./admin.words";
import { useLoaded } from "./load";
import { moment } from "./moment";
import { allServices, makeToken, revokeToken, tokens } from "./requests";
import { SCOPES } from "./scopes";

/** Which programs read without a person, and what. */
export function Tokens() {
  const { value, problem, load } = useLoaded(tokens);
  const isMaking = useSignal(false);
  const issued = useSignal<IssuedToken | undefined>(undefined);
  const revoking = useSignal<TokenEntry | undefined>(undefined);
  return (
    <AdminPage
      title={t("page.tokens")}
      intro={t("tokensIntro")}
      action={
        <button
          type="button"
          class="button primary"
          onClick={() => {
            isMaking.value = true;
          }}
        >
          <Icon of={plus} />
          {t("newToken")}
        </button>
      }
    >
      {problem.value && <Fault text={sentenceOf(problem.value)} onRetry={() => void load()} />}
      {!value.value && !problem.value && <p class="muted">{ta("app.loading")}</p>}
      {value.value?.length === 0 && <p>{t("noTokens")}</p>}
      {value.value && value.value.length > 0 && (
        <ul class="admin-list">
          {value.value.map((token) => (
            <li key={token.token}>
              <div>
                <p>
                  <strong>{token.name}</strong>{" "}
                  {!token.isGood && <span class="admin-mark">{token.revokedAt ? t("revoked") : t("over")}</span>}
                </p>
                <p class="muted">
                  {token.scopes.map((scope) => t(`scope.${scope}`)).join(", ")} · {token.services.join(", ")}
                </p>
                <p class="muted">
                  {t("tokenOf", { name: token.madeBy })} · {t("until", { date: moment(token.expiresAt) })} ·{" "}
                  {token.usedAt ? t("used", { date: moment(token.usedAt) }) : t("neverUsed")}
                </p>
              </div>
              {token.isGood && (
                <button
                  type="button"
                  class="button quiet-danger"
                  onClick={() => {
                    revoking.value = token;
                  }}
                >
                  {t("revoke")}
                  <span class="spoken"> {token.name}</span>
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {isMaking.value && (
        <NewToken
          onClose={() => {
            isMaking.value = false;
          }}
          onMade={async (made) => {
            isMaking.value = false;
            issued.value = made;
            await load();
          }}
        />
      )}
      {issued.value && (
        <Dialog
          title={t("tokenTold")}
          onClose={() => {
            issued.value = undefined;
          }}
        >
          <p>{t("tokenMeaning", { date: moment(issued.value.expiresAt) })}</p>
          <CopyLine label={t("token")} text={issued.value.secret} />
          <div class="actions">
            <button
              type="button"
              class="button primary"
              onClick={() => {
                issued.value = undefined;
              }}
            >
              {t("done")}
            </button>
          </div>
        </Dialog>
      )}
      {revoking.value && (
        <Confirm
          title={t("revokeTitle", { name: revoking.value.name })}
          meaning={t("revokeMeaning")}
          confirm={t("revoke")}
          keep={t("keep")}
          onConfirm={async () => {
            await revokeToken(revoking.value?.token ?? "");
            await load();
          }}
          onClose={() => {
            revoking.value = undefined;
          }}
        />
      )}
    </AdminPage>
  );
}

interface NewTokenProps {
  onClose(): void;
  onMade(made: IssuedToken): Promise<void>;
}

function NewToken({ onClose, onMade }: NewTokenProps) {
  const name = useSignal("");
  const days = useSignal("90");
  const scopes = useSignal<ScopeWord[]>([]);
  const services = useSignal<ServiceEntry[]>([]);
  const chosen = useSignal<string[]>([]);
  const fault = useSignal("");
  useEffect(() => {
    allServices()
      .then((known) => {
        services.value = known;
      })
      .catch((cause) => {
        fault.value = sentenceOf(codeOf(cause));
      });
  }, []);
  const send = async () => {
    fault.value = "";
    try {
      await onMade(
        await makeToken({
          name: name.value,
          scopes: scopes.value,
          services: chosen.value,
          days: Number.parseInt(days.value, 10) || 0,
        }),
      );
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  const toggled = <T,>(all: T[], one: T, is: boolean): T[] => (is ? [...all, one] : all.filter((each) => each !== one));
  return (
    <Dialog title={t("newTokenTitle")} onClose={onClose}>
      <form
        class="admin-form"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Fault text={fault.value} />
        <Field
          label={t("tokenName")}
          hint={t("tokenNameHint")}
          value={name.value}
          onValue={(value) => {
            name.value = value;
          }}
          input={{ maxLength: 120, autocomplete: "off" }}
        />
        <fieldset class="admin-choices">
          <legend>{t("scopes")}</legend>
          {SCOPES.map((scope) => (
            <label key={scope} class="check">
              <input
                type="checkbox"
                checked={scopes.value.includes(scope)}
                onChange={(event) => {
                  scopes.value = toggled(scopes.value, scope, event.currentTarget.checked);
                }}
              />
              {t(`scope.${scope}`)}
            </label>
          ))}
        </fieldset>
        <fieldset class="admin-choices">
          <legend>{t("services")}</legend>
          {services.value.length === 0 && <p>{t("noServices")}</p>}
          {services.value.map((service) => (
            <label key={service.service} class="check">
              <input
                type="checkbox"
                checked={chosen.value.includes(service.service)}
                onChange={(event) => {
                  chosen.value = toggled(chosen.value, service.service, event.currentTarget.checked);
                }}
              />
              {service.name}
              {service.site !== "" && ` (${service.site})`}
            </label>
          ))}
        </fieldset>
        <Field
          label={t("days")}
          hint={t("daysHint")}
          value={days.value}
          onValue={(value) => {
            days.value = value;
          }}
          input={{ inputMode: "numeric", autocomplete: "off" }}
        />
        <div class="actions">
          <button type="button" class="button" onClick={onClose}>
            {t("cancel")}
          </button>
          <button type="submit" class="button primary">
            {t("makeToken")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
