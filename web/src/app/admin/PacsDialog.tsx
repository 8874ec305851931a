import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import type { PacsEntry, PacsSignInWord, PacsTrial, ServiceEntry } from "../../protocol";
import { Dialog, Fault } from "../parts/Dialog";
import { Field } from "../parts/Field";
import { codeOf, sentenceOf } from "../words";
import { Finding } from "./Pacs";
import { t } from "./pacs.words";
import { draftOf, type PacsDraft, requestOf, withService } from "./pacs-form";
import { keyOf } from "./provider-form";
import { makePacs, setPacs, tryPacsDraft } from "./requests";

const SIGN_INS = ["password", "token", "none"] as const satisfies readonly PacsSignInWord[];
const PLAIN = { maxLength: 500, autocomplete: "off", autocapitalize: "none", spellcheck: false } as const;

interface PacsDialogProps {
  services: readonly ServiceEntry[];
  /** Absent: a new one. */
  entry?: PacsEntry;
  onClose(): void;
  onSaved(): Promise<void>;
}

/** Everything that an archive is set to, with a trial of it before it is saved. */
export function PacsDialog({ services, entry, onClose, onSaved }: PacsDialogProps) {
  const draft = useSignal<PacsDraft>(draftOf(entry));
  const isKeyTyped = useSignal(false);
  const fault = useSignal("");
  const trial = useSignal<PacsTrial | undefined>(undefined);
  const busy = useSignal<"" | "trying" | "saving">("");
  const id = useId();
  const set = (change: Partial<PacsDraft>) => {
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
      if (entry) await setPacs(entry.pacs, requestOf(draft.value));
      else await makePacs(requestOf(draft.value));
      await onSaved();
    });
  const { value } = draft;
  const isKept = entry !== undefined && entry.signIn === value.signIn;
  return (
    <Dialog title={entry ? t("changeTitle", { name: entry.label }) : t("addTitle")} isWide onClose={onClose}>
      <form
        class="admin-form"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Field
          label={t("label")}
          value={value.label}
          onValue={(label) => set(entry || isKeyTyped.value ? { label } : { label, pacs: keyOf(label) })}
          input={{ maxLength: 120, autocomplete: "off" }}
        />
        {!entry && (
          <Field
            label={t("key")}
            hint={t("keyHint")}
            value={value.pacs}
            onValue={(pacs) => {
              isKeyTyped.value = true;
              set({ pacs });
            }}
            input={{ ...PLAIN, maxLength: 30 }}
          />
        )}
        <Field
          label={t("address")}
          hint={t("addressHint")}
          value={value.address}
          onValue={(address) => set({ address })}
          input={PLAIN}
        />
        <div class="field">
          <label for={`${id}-sign-in`}>{t("signIn")}</label>
          <select
            id={`${id}-sign-in`}
            value={value.signIn}
            onChange={(event) => {
              const signIn = SIGN_INS.find((each) => each === event.currentTarget.value);
              if (signIn) set({ signIn, secret: "" });
            }}
          >
            {SIGN_INS.map((each) => (
              <option key={each} value={each}>
                {t(`signIn.${each}`)}
              </option>
            ))}
          </select>
        </div>
        {value.signIn === "password" && (
          <Field label={t("user")} value={value.user} onValue={(user) => set({ user })} input={PLAIN} />
        )}
        {value.signIn !== "none" && (
          <Field
            label={t(value.signIn === "password" ? "password" : "token")}
            hint={t(isKept ? "secretKept" : "secretHint")}
            value={value.secret}
            onValue={(secret) => set({ secret })}
            isSecret
            input={{ maxLength: 500, autocomplete: "new-password", required: !isKept }}
          />
        )}
        <Field
          label={t("domain")}
          hint={t("domainHint")}
          value={value.domain}
          onValue={(domain) => set({ domain })}
          input={{ ...PLAIN, maxLength: 64, required: false }}
        />
        {services.length > 0 && (
          <fieldset class="admin-choices" aria-describedby={`${id}-services`}>
            <legend>{t("services")}</legend>
            <p class="hint" id={`${id}-services`}>
              {t("servicesHint")}
            </p>
            {services.map(({ service, name, site }) => (
              <label key={service} class="check">
                <input
                  type="checkbox"
                  checked={value.services.includes(service)}
                  onChange={(event) =>
                    set({ services: withService(value.services, service, event.currentTarget.checked) })
                  }
                />
                {site ? `${name} – ${site}` : name}
              </label>
            ))}
          </fieldset>
        )}
        <Fault text={fault.value} />
        <div role="status">
          {busy.value === "trying" && t("trying")}
          {trial.value && <Finding trial={trial.value} />}
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
                trial.value = await tryPacsDraft(requestOf(value));
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
