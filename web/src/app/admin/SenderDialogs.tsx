import plus from "icon:plus";
import trash from "icon:trash";
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import type { MailSenderState, SmsSenderState } from "../../protocol";
import { Icon } from "../../ui/icon";
import { Dialog, Fault } from "../parts/Dialog";
import { Field } from "../parts/Field";
import { codeOf, sentenceOf } from "../words";
import { setMailServer, setSmsGateway } from "./requests";
import {
  type HeaderDraft,
  type MailDraft,
  mailDraft,
  mailRequest,
  type SmsDraft,
  smsDraft,
  smsRequest,
  withContent,
  withSecurity,
} from "./sender-form";
import { t } from "./senders.words";

interface DialogProps<T> {
  /** Absent: nothing is set yet. */
  state?: T;
  onClose(): void;
  onSaved(): Promise<void>;
}

const CODE = { autocomplete: "off", autocapitalize: "none", spellcheck: false, maxLength: 500 } as const;
const OPTIONAL = { ...CODE, required: false } as const;

/** The mail server of the hospital. */
export function MailDialog({ state, onClose, onSaved }: DialogProps<MailSenderState>) {
  const draft = useSignal<MailDraft>(mailDraft(state));
  const { value } = draft;
  const set = (change: Partial<MailDraft>) => {
    draft.value = { ...draft.value, ...change };
  };
  return (
    <Form
      title={t("mailTitle")}
      onClose={onClose}
      onSave={async () => {
        await setMailServer(mailRequest(draft.value));
        await onSaved();
      }}
    >
      <Field label={t("host")} value={value.host} onValue={(host) => set({ host })} input={CODE} />
      <Choice
        label={t("security")}
        value={value.security}
        options={[
          ["starttls", t("security.starttls")],
          ["tls", t("security.tls")],
          ["none", t("security.none")],
        ]}
        onValue={(security) => {
          draft.value = withSecurity(draft.value, security);
        }}
      />
      <Field
        label={t("port")}
        value={value.port}
        onValue={(port) => set({ port })}
        input={{ inputMode: "numeric", maxLength: 5, autocomplete: "off" }}
      />
      <Field
        label={t("user")}
        hint={t("userHint")}
        value={value.user}
        onValue={(user) => set({ user })}
        input={OPTIONAL}
      />
      <Field
        label={t("password")}
        hint={t(state?.user ? "passwordKept" : "secretHint")}
        value={value.password}
        onValue={(password) => set({ password })}
        isSecret
        input={{ maxLength: 500, autocomplete: "new-password", required: false }}
      />
      <Field label={t("from")} value={value.from} onValue={(from) => set({ from })} input={CODE} />
      <Field
        label={t("administrators")}
        hint={t("administratorsHint")}
        value={value.administrators}
        onValue={(administrators) => set({ administrators })}
        input={{ ...OPTIONAL, maxLength: 4000 }}
      />
      <p class="muted">{t("mailInFile")}</p>
    </Form>
  );
}

/** Whoever sends SMS for the hospital. */
export function SmsDialog({ state, onClose, onSaved }: DialogProps<SmsSenderState>) {
  const draft = useSignal<SmsDraft>(smsDraft(state));
  const id = useId();
  const { value } = draft;
  const set = (change: Partial<SmsDraft>) => {
    draft.value = { ...draft.value, ...change };
  };
  return (
    <Form
      title={t("smsTitle")}
      onClose={onClose}
      onSave={async () => {
        await setSmsGateway(smsRequest(draft.value));
        await onSaved();
      }}
    >
      <Field label={t("url")} hint={t("urlHint")} value={value.url} onValue={(url) => set({ url })} input={CODE} />
      <Choice
        label={t("method")}
        value={value.method}
        options={[
          ["post", "POST"],
          ["put", "PUT"],
        ]}
        onValue={(method) => set({ method })}
      />
      <Choice
        label={t("content")}
        value={value.content}
        options={[
          ["json", t("content.json")],
          ["form", t("content.form")],
        ]}
        onValue={(content) => {
          draft.value = withContent(draft.value, content);
        }}
      />
      <div class="field">
        <label for={`${id}-body`}>{t("body")}</label>
        <p class="hint" id={`${id}-body-hint`}>
          {t("bodyHint", { to: "{to}", text: "{text}" })}
        </p>
        <textarea
          id={`${id}-body`}
          rows={4}
          maxLength={4000}
          spellcheck={false}
          required
          aria-describedby={`${id}-body-hint`}
          value={value.body}
          onInput={(event) => set({ body: event.currentTarget.value })}
        />
      </div>
      <Headers known={state?.headers ?? []} headers={value.headers} onHeaders={(headers) => set({ headers })} />
    </Form>
  );
}

interface HeadersProps {
  /** Names of those that are set. */
  known: readonly string[];
  headers: HeaderDraft[];
  onHeaders(headers: HeaderDraft[]): void;
}

function Headers({ known, headers, onHeaders }: HeadersProps) {
  const id = useId();
  const set = (at: number, change: Partial<HeaderDraft>) =>
    onHeaders(headers.map((header, each) => (each === at ? { ...header, ...change } : header)));
  return (
    <fieldset class="admin-choices" aria-describedby={`${id}-hint`}>
      <legend>{t("headers")}</legend>
      <p class="hint" id={`${id}-hint`}>
        {t("headersHint")}
      </p>
      {headers.map((header, at) => (
        <fieldset key={at} class="admin-rule">
          <legend class="spoken">{t("headerNumber", { n: String(at + 1) })}</legend>
          <Field
            label={t("headerName")}
            value={header.name}
            onValue={(name) => set(at, { name })}
            input={{ ...OPTIONAL, maxLength: 100 }}
          />
          <Field
            label={t("headerValue")}
            {...(known.includes(header.name) && { hint: t("valueKept") })}
            value={header.value}
            onValue={(value) => set(at, { value })}
            isSecret
            input={{ maxLength: 500, autocomplete: "new-password", required: false }}
          />
          <button
            type="button"
            class="button quiet-danger"
            onClick={() => onHeaders(headers.filter((_, each) => each !== at))}
          >
            <Icon of={trash} />
            {t("removeHeader")}
            <span class="spoken"> {at + 1}</span>
          </button>
        </fieldset>
      ))}
      <div class="actions start">
        <button type="button" class="button" onClick={() => onHeaders([...headers, { name: "", value: "" }])}>
          <Icon of={plus} />
          {t("addHeader")}
        </button>
      </div>
    </fieldset>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onValue(value: T): void;
}

function Choice<T extends string>({ label, value, options, onValue }: ChoiceProps<T>) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        onChange={(event) => {
          const chosen = options.find(([each]) => each === event.currentTarget.value);
          if (chosen) onValue(chosen[0]);
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

interface FormProps {
  title: string;
  onClose(): void;
  onSave(): Promise<void>;
  children: ComponentChildren;
}

/** A dialog with a form that stays open with a sentence when it is not taken. */
function Form({ title, onClose, onSave, children }: FormProps) {
  const fault = useSignal("");
  const isBusy = useSignal(false);
  const save = async () => {
    fault.value = "";
    isBusy.value = true;
    try {
      await onSave();
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
    isBusy.value = false;
  };
  return (
    <Dialog title={title} isWide onClose={onClose}>
      <form
        class="admin-form"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        {children}
        <Fault text={fault.value} />
        <div class="actions">
          <button type="button" class="button" onClick={onClose}>
            {t("cancel")}
          </button>
          <button type="submit" class="button primary" disabled={isBusy.value}>
            {t("save")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
