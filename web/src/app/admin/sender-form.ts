import type {
  MailSecurityWord,
  MailSenderRequest,
  MailSenderState,
  SmsContentWord,
  SmsMethodWord,
  SmsSenderRequest,
  SmsSenderState,
} from "../../protocol";
import { t } from "./senders.words";

/** The usual port of each way of protecting the line. */
export const PORTS: Record<MailSecurityWord, number> = { starttls: 587, tls: 465, none: 25 };

/** What the body of a request usually is. */
export const BODIES: Record<SmsContentWord, string> = {
  json: '{"to": "{to}", "text": "{text}"}',
  form: "to={to}&text={text}",
};

export interface MailDraft {
  host: string;
  port: string;
  security: MailSecurityWord;
  user: string;
  password: string;
  from: string;
  administrators: string;
}

/** The form of the mail server, with what it is set to; the password is not told. */
export function mailDraft(state?: MailSenderState): MailDraft {
  return {
    host: state?.host ?? "",
    port: String(state?.port ?? PORTS.starttls),
    security: state?.security ?? "starttls",
    user: state?.user ?? "",
    password: "",
    from: state?.from ?? "",
    administrators: state?.administrators.join(" ") ?? "",
  };
}

/** Another protection has another port, unless somebody has chosen one of their own. */
export function withSecurity(draft: MailDraft, security: MailSecurityWord): MailDraft {
  const isUsual = draft.port === String(PORTS[draft.security]);
  return { ...draft, security, port: isUsual ? String(PORTS[security]) : draft.port };
}

const words = (text: string): string[] => text.split(/[\s,;]+/).filter((word) => word !== "");

export function mailRequest(draft: MailDraft): MailSenderRequest {
  const port = Number.parseInt(draft.port, 10);
  return {
    host: draft.host,
    port: port >= 1 && port <= 65_535 ? port : 0,
    security: draft.security,
    user: draft.user,
    ...(draft.password !== "" && { password: draft.password }),
    from: draft.from,
    administrators: words(draft.administrators),
  };
}

export interface HeaderDraft {
  name: string;
  value: string;
}

export interface SmsDraft {
  url: string;
  method: SmsMethodWord;
  content: SmsContentWord;
  body: string;
  headers: HeaderDraft[];
}

/** The form of whoever sends SMS; what its headers hold is not told. */
export function smsDraft(state?: SmsSenderState): SmsDraft {
  return {
    url: state?.url ?? "",
    method: state?.method ?? "post",
    content: state?.content ?? "json",
    body: state?.body ?? BODIES.json,
    headers: state?.headers.map((name) => ({ name, value: "" })) ?? [{ name: "Authorization", value: "" }],
  };
}

/** Another form has another body, unless somebody has written one of their own. */
export function withContent(draft: SmsDraft, content: SmsContentWord): SmsDraft {
  return { ...draft, content, body: draft.body === BODIES[draft.content] ? BODIES[content] : draft.body };
}

export function smsRequest(draft: SmsDraft): SmsSenderRequest {
  const headers = draft.headers.filter(({ name }) => name.trim() !== "");
  return {
    url: draft.url,
    method: draft.method,
    content: draft.content,
    body: draft.body,
    headers: headers.map(({ name, value }) => (value === "" ? { name } : { name, value })),
  };
}

/** What a change says of a secret, in words; names of settings stay as the file has them. */
export function toldOfSender(value: string): string {
  const parts: Partial<Record<string, string>> = {
    "password: changed": t("passwordChanged"),
    "headers: changed": t("headersChanged"),
    "body: changed": t("bodyChanged"),
  };
  return value
    .split("; ")
    .map((part) => parts[part] ?? part)
    .join("; ");
}
