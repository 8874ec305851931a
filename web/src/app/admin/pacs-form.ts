import type { PacsEntry, PacsRequest, PacsSignInWord, PacsTrial, ServiceEntry } from "../../protocol";
import { moment } from "./moment";
import { t } from "./pacs.words";

/** What is typed in the form of an archive. */
export interface PacsDraft {
  pacs: string;
  label: string;
  address: string;
  signIn: PacsSignInWord;
  user: string;
  secret: string;
  domain: string;
  services: readonly string[];
}

/** A form for a new archive, or with what one is set to; its secret is not told. */
export const draftOf = (entry?: PacsEntry): PacsDraft => ({
  pacs: entry?.pacs ?? "",
  label: entry?.label ?? "",
  address: entry?.address ?? "",
  signIn: entry?.signIn ?? "password",
  user: entry?.user ?? "",
  secret: "",
  domain: entry?.domain ?? "",
  services: entry?.services ?? [],
});

/** What is sent: of the secret nothing, where it stays. */
export function requestOf({ secret, services, user, ...rest }: PacsDraft): PacsRequest {
  return {
    ...rest,
    user: rest.signIn === "password" ? user : "",
    services: [...services],
    ...(secret !== "" && rest.signIn !== "none" && { secret }),
  };
}

export const withService = (services: readonly string[], service: string, isIn: boolean): string[] => [
  ...services.filter((each) => each !== service),
  ...(isIn ? [service] : []),
];

/** What a trial found, in a sentence with the next step. */
export const finding = ({ fault, about, tookMs }: PacsTrial): string =>
  fault ? t(`fault.${fault}`, { about }).trim() : t("good", { ms: String(tookMs) });

/** Whether it answers, in a line. */
export function stateOf({ reachedAt, failingSince }: PacsEntry): string {
  if (failingSince && reachedAt) {
    return t("failingBefore", { date: moment(failingSince), reached: moment(reachedAt) });
  }
  if (failingSince) return t("failing", { date: moment(failingSince) });
  return reachedAt ? t("reached", { date: moment(reachedAt) }) : t("notAsked");
}

/** Whom it is for, and whose numbers it knows. */
export function scopeOf({ services, domain }: PacsEntry, all: readonly ServiceEntry[]): string {
  const names = all.filter(({ service }) => services.includes(service)).map(({ name }) => name);
  const whom = services.length === 0 ? t("allServices") : t("forServices", { names: names.join(", ") });
  return domain ? `${whom} · ${t("ofDomain", { domain })}` : whom;
}

/** What a change of an archive says of it, in words; names of settings stay as they are kept. */
export function toldOfPacs(value: string): string {
  const parts: Partial<Record<string, string>> = { on: t("on"), off: t("off"), "secret: changed": t("secretChanged") };
  return value
    .split("; ")
    .map((part) => parts[part] ?? part)
    .join("; ");
}
