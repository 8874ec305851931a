import plus from "icon:plus";
import trash from "icon:trash";
import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import type { ProviderEntry, ProvidersState, ProviderTrial, RoleRuleEntry } from "../../protocol";
import { Icon } from "../../ui/icon";
import { CopyLine } from "../parts/CopyLine";
import { Dialog, Fault } from "../parts/Dialog";
import { Field } from "../parts/Field";
import { codeOf, sentenceOf, t as ta } from "../words";
import { Findings, nameOf } from "./ProviderFindings";
import { draftOf, forWhom, keyOf, type ProviderDraft, requestOf, withRule } from "./provider-form";
import { t } from "./providers.words";
import { ROLES } from "./Roles";
import { makeProvider, setProvider, tryDraft } from "./requests";

interface ProviderDialogProps {
  state: ProvidersState;
  /** Absent: a new one. */
  entry?: ProviderEntry;
  onClose(): void;
  onSaved(): Promise<void>;
}

/** Everything that a provider is set to, with a trial of it before it is saved. */
export function ProviderDialog({ state, entry, onClose, onSaved }: ProviderDialogProps) {
  const draft = useSignal<ProviderDraft>(draftOf(entry));
  const isKeyTyped = useSignal(false);
  const fault = useSignal("");
  const trial = useSignal<ProviderTrial | undefined>(undefined);
  const busy = useSignal<"" | "trying" | "saving">("");
  const id = useId();
  const set = (change: Partial<ProviderDraft>) => {
    draft.value = { ...draft.value, ...change };
  };
  const act = async (what: "trying" | "saving", how: () => Promise<void>) => {
    fault.value = "";
    trial.value = undefined;
    busy.value = what;
    try {
      await how();
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
    busy.value = "";
  };
  const save = () =>
    act("saving", async () => {
      if (entry) await setProvider(entry.provider, requestOf(draft.value));
      else await makeProvider(requestOf(draft.value));
      await onSaved();
    });
  const { value } = draft;
  const start = value.isForPatients ? state.patientCallbackStart : state.callbackStart;
  return (
    <Dialog title={entry ? t("changeTitle", { name: nameOf(entry) }) : t("addTitle")} isWide onClose={onClose}>
      <form
        class="admin-form"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        {entry ? (
          <p>{t(value.isForPatients ? "forPatientsTold" : "forStaffTold")}</p>
        ) : (
          <fieldset class="admin-choices">
            <legend>{t("whom")}</legend>
            {([false, true] as const).map((isForPatients) => (
              <label class="check" key={String(isForPatients)}>
                <input
                  type="radio"
                  name={`${id}-whom`}
                  checked={value.isForPatients === isForPatients}
                  onChange={() => {
                    draft.value = forWhom(draft.value, isForPatients);
                  }}
                />
                {t(isForPatients ? "forPatients" : "forStaff")}
              </label>
            ))}
          </fieldset>
        )}
        <Field
          label={t(value.isForPatients ? "patientLabel" : "label")}
          hint={t(value.isForPatients ? "patientLabelHint" : "labelHint")}
          value={value.label}
          onValue={(label) => set(entry || isKeyTyped.value ? { label } : { label, provider: keyOf(label) })}
          input={{ maxLength: 120, autocomplete: "off" }}
        />
        {!entry && (
          <Field
            label={t("key")}
            hint={t("keyHint")}
            value={value.provider}
            onValue={(provider) => {
              isKeyTyped.value = true;
              set({ provider });
            }}
            input={{ maxLength: 60, autocomplete: "off", autocapitalize: "none", spellcheck: false }}
          />
        )}
        <section aria-labelledby={`${id}-register`} class="admin-form">
          <h3 id={`${id}-register`}>{t("register")}</h3>
          <Told label={t("callback")} text={entry?.callbackUrl ?? `${start}${value.provider}`} />
          <Told label={t("signedOut")} text={value.isForPatients ? state.patientSignedOutUrl : state.signedOutUrl} />
          <Told label={t("backChannel")} text={state.backChannelLogoutUrl} />
        </section>
        <Field
          label={t("issuer")}
          hint={t("issuerHint")}
          value={value.issuer}
          onValue={(issuer) => set({ issuer })}
          input={{ maxLength: 500, autocomplete: "off", autocapitalize: "none", spellcheck: false }}
        />
        {entry && value.issuer.trim() !== entry.issuer && <p class="notice warn">{t("issuerChanges")}</p>}
        <Field
          label={t("clientId")}
          value={value.clientId}
          onValue={(clientId) => set({ clientId })}
          input={{ maxLength: 500, autocomplete: "off", autocapitalize: "none", spellcheck: false }}
        />
        <Field
          label={t("clientSecret")}
          hint={t(entry ? "secretKept" : "secretHint")}
          value={value.clientSecret}
          onValue={(clientSecret) => set({ clientSecret })}
          isSecret
          input={{ maxLength: 500, autocomplete: "new-password", required: entry === undefined }}
        />
        <div class="field">
          <label for={`${id}-method`}>{t("authentication")}</label>
          <select
            id={`${id}-method`}
            value={value.isSecretInBody ? "client_secret_post" : "client_secret_basic"}
            onChange={(event) => set({ isSecretInBody: event.currentTarget.value === "client_secret_post" })}
          >
            {(["client_secret_basic", "client_secret_post"] as const).map((method) => (
              <option key={method} value={method}>
                {t(`authentication.${method}`)}
              </option>
            ))}
          </select>
        </div>
        {!value.isForPatients && <Rules roles={value.roles} onRoles={(roles) => set({ roles })} />}
        <More value={value} set={set} />
        <Fault text={fault.value} />
        <div role="status">
          {busy.value === "trying" && t("trying")}
          {trial.value && <Findings trial={trial.value} />}
        </div>
        <div class="actions">
          <button type="button" class="button" onClick={onClose}>
            {t("cancel")}
          </button>
          <button
            type="button"
            class="button"
            disabled={busy.value !== ""}
            onClick={() =>
              void act("trying", async () => {
                trial.value = await tryDraft(requestOf(value));
              })
            }
          >
            {t("try")}
          </button>
          <button type="submit" class="button primary" disabled={busy.value !== ""}>
            {t("save")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** An address that somebody types or copies elsewhere. */
function Told({ label, text }: { label: string; text: string }) {
  return (
    <div>
      <p aria-hidden="true">{label}</p>
      <CopyLine label={label} text={text} />
    </div>
  );
}

/** Which claims give which role, a row each. */
function Rules({ roles, onRoles }: { roles: RoleRuleEntry[]; onRoles(roles: RoleRuleEntry[]): void }) {
  const id = useId();
  const set = (at: number, change: Partial<RoleRuleEntry>) =>
    onRoles(roles.map((rule, each) => (each === at ? { ...rule, ...change } : rule)));
  return (
    <fieldset class="admin-choices admin-rules" aria-describedby={`${id}-hint`}>
      <legend>{t("roles")}</legend>
      <p class="hint" id={`${id}-hint`}>
        {t("rolesHint")}
      </p>
      {roles.map((rule, at) => (
        <fieldset key={at} class="admin-rule">
          <legend class="spoken">{t("ruleNumber", { n: String(at + 1) })}</legend>
          <Field
            label={t("claim")}
            value={rule.claim}
            onValue={(claim) => set(at, { claim })}
            input={{ maxLength: 200, autocomplete: "off", autocapitalize: "none", spellcheck: false, required: false }}
          />
          <Field
            label={t("value")}
            value={rule.value}
            onValue={(value) => set(at, { value })}
            input={{ maxLength: 200, autocomplete: "off", autocapitalize: "none", spellcheck: false, required: false }}
          />
          <div class="field">
            <label for={`${id}-${at}`}>{t("role")}</label>
            <select
              id={`${id}-${at}`}
              value={rule.role}
              onChange={(event) => {
                const role = ROLES.find((each) => each === event.currentTarget.value);
                if (role) set(at, { role });
              }}
            >
              {ROLES.map((role) => (
                <option key={role} value={role}>
                  {ta(`staff.${role}`)}
                </option>
              ))}
            </select>
          </div>
          <button
            type="button"
            class="button quiet-danger"
            onClick={() => onRoles(roles.filter((_, each) => each !== at))}
          >
            <Icon of={trash} />
            {t("removeRule")}
            <span class="spoken"> {at + 1}</span>
          </button>
        </fieldset>
      ))}
      <div class="actions start">
        <button type="button" class="button" onClick={() => onRoles(withRule(roles))}>
          <Icon of={plus} />
          {t("addRule")}
        </button>
      </div>
    </fieldset>
  );
}

/** What is seldom changed. */
function More({ value, set }: { value: ProviderDraft; set(change: Partial<ProviderDraft>): void }) {
  const plain = { autocomplete: "off", autocapitalize: "none", spellcheck: false, required: false } as const;
  return (
    <details>
      <summary>{t("more")}</summary>
      <div class="admin-form">
        <Field
          label={t("discovery")}
          hint={t("discoveryHint")}
          value={value.discoveryUrl}
          onValue={(discoveryUrl) => set({ discoveryUrl })}
          input={plain}
        />
        <Field
          label={t("scopes")}
          hint={t("scopesHint")}
          value={value.scopes}
          onValue={(scopes) => set({ scopes })}
          input={plain}
        />
        <Field
          label={t("acr")}
          hint={t("acrHint")}
          value={value.acrValues}
          onValue={(acrValues) => set({ acrValues })}
          input={plain}
        />
        {!value.isForPatients && <OfStaff value={value} set={set} />}
      </div>
    </details>
  );
}

/** What has no meaning for patients, who are compared by fixed claims and change nothing. */
function OfStaff({ value, set }: { value: ProviderDraft; set(change: Partial<ProviderDraft>): void }) {
  const plain = { autocomplete: "off", autocapitalize: "none", spellcheck: false, required: false } as const;
  return (
    <>
      <Field
        label={t("freshAcr")}
        hint={t("freshAcrHint")}
        value={value.freshAcrValues}
        onValue={(freshAcrValues) => set({ freshAcrValues })}
        input={plain}
      />
      <Field label={t("nameClaim")} value={value.nameClaim} onValue={(nameClaim) => set({ nameClaim })} input={plain} />
      <Field
        label={t("subjectClaim")}
        hint={t("subjectHint")}
        value={value.subjectClaim}
        onValue={(subjectClaim) => set({ subjectClaim })}
        input={plain}
      />
    </>
  );
}
