import type { Travel } from "../call/travel";
import { timeOfDay } from "../i18n/time";
import type { OutsideFact, PathWord, Person, PersonProof, ProtectionFacts } from "../protocol";
import { t } from "./protection.words";

/** `good` protects, `limit` is what is not protected, `care` is what should be looked at; a plain one only tells. */
export type Tone = "plain" | "good" | "limit" | "care";

export interface Sentence {
  tone: Tone;
  text: string;
}

/** What the page itself measures. */
export interface Measured {
  /** One entry for each direction that is connected. */
  travels: readonly Travel[];
  isTelephone: boolean;
  /** This page came over TLS. */
  isPageEncrypted: boolean;
}

const say = (text: string, tone: Tone = "plain"): Sentence => ({ text, tone });

const PLAIN_PATHS = ["udp", "tcp"] as const;
const isDirect = (path: PathWord): path is (typeof PLAIN_PATHS)[number] => path === "udp" || path === "tcp";

const externalRelay = (facts: ProtectionFacts): string | undefined =>
  facts.outside
    .filter(({ kind }) => kind === "relay")
    .map(({ host }) => host ?? t("outside.other"))
    .join(", ") || undefined;

function pathSentence(path: PathWord | undefined, facts: ProtectionFacts): string {
  if (path === undefined) return t("path.unknown");
  if (isDirect(path)) return t(`path.${path}`);
  const host = externalRelay(facts);
  return t(`path.${path}`, { relay: host === undefined ? t("relay.own") : t("relay.external", { host }) });
}

/** Sound and picture; without `measured`, what holds for any call. */
export function mediaSentences(facts: ProtectionFacts, measured: Measured | undefined): Sentence[] {
  const { hospital } = facts;
  const all: Sentence[] = [];
  if (measured?.isTelephone) all.push(say(t("media.telephone"), "care"));
  if (!measured) all.push(say(t("media.always", { hospital }), "good"));
  else if (measured.travels.length === 0) all.push(say(t("media.none")));
  else {
    const isSealed = measured.travels.every((each) => each.isSealed);
    if (!isSealed) all.push(say(t("media.notSealed"), "care"));
    else if (measured.travels.length === 1) all.push(say(t("media.receiving", { hospital }), "good"));
    else all.push(say(t("media.sealed", { hospital }), "good"));
    // Both directions mostly go one way; where not, both are told.
    const paths = new Set(measured.travels.map(({ path }) => pathSentence(path, facts)));
    for (const path of paths) all.push(say(path));
  }
  all.push(facts.media === "people" ? say(t("media.people"), "good") : say(t("media.gateway"), "limit"));
  all.push(facts.isMediaRecorded ? say(t("media.recorded"), "care") : say(t("media.notRecorded")));
  return all;
}

/** What the browser tells of the keys, for whoever wants to know. */
export function technicalOf(travels: readonly Travel[]): string[] {
  const lines = travels.map(({ dtls, srtp }) => {
    const details = [dtls, srtp].filter((part) => part !== undefined).join(", ");
    return details === "" ? t("technical.plain") : t("technical.dtls", { details });
  });
  return [...new Set(lines)];
}

export function chatSentences(facts: ProtectionFacts, measured: Measured | undefined): Sentence[] {
  const isEncrypted = facts.isSiteEncrypted && (measured?.isPageEncrypted ?? true);
  return [
    isEncrypted ? say(t("chat.https"), "good") : say(t("chat.plain"), "care"),
    facts.chat === "people" ? say(t("chat.people"), "good") : say(t("chat.gateway"), "limit"),
    say(facts.chatDays === undefined ? t("chat.over") : t.count("chat.days", facts.chatDays)),
  ];
}

export function imageSentences(facts: ProtectionFacts): Sentence[] {
  const isDrawnHere = facts.images === "gateway";
  const isNoted = facts.kept.some((each) => each.class === "viewing_record");
  return [
    say(t(isDrawnHere ? "images.gateway" : "images.people"), isDrawnHere ? "limit" : "good"),
    ...(isNoted ? [say(t("images.record"))] : []),
  ];
}

/** How one person proved who they are. `tellsLooks`: whoever reads this would be told of a look at this person. */
export function proofSentences(proof: PersonProof | undefined, zone: string, tellsLooks: boolean): Sentence[] {
  if (proof?.assurance === undefined) return [say(t("shown.nothing"))];
  const all: Sentence[] = [];
  const { assurance, opening, signIn, seen } = proof;
  if (assurance === "signed_in") {
    if (!signIn) all.push(say(t("shown.signed_in")));
    else {
      const { provider, strength } = signIn;
      all.push(say(provider === undefined ? t("shown.own") : t("shown.provider", { provider }), "good"));
      all.push(
        strength === "strong"
          ? say(t("strength.strong"), "good")
          : strength === "named"
            ? say(t("strength.named", { class: signIn.class ?? "" }))
            : say(t("strength.unsaid"), "limit"),
      );
      all.push(say(t("strength.at", { time: timeOfDay(signIn.at, zone) })));
    }
    return all;
  }
  if (assurance === "link_and_code")
    all.push(
      say(t(opening === undefined || opening === "link_only" ? "shown.link_and_code" : `shown.${opening}`), "good"),
    );
  else if (assurance === "telephone") all.push(say(t("shown.telephone")));
  else all.push(say(t("shown.link_only"), "limit"));
  if (seen) {
    const isEnough = seen.means === "document" || seen.means === "known_to_me";
    const holes = { name: seen.name ?? t("seen.somebody"), time: timeOfDay(seen.at, zone) };
    all.push(say(t(`seen.${seen.means}`, holes), isEnough ? "good" : "plain"));
  } else if (tellsLooks) all.push(say(t("seen.none"), "limit"));
  return all;
}

/** Everybody who is told of, this person first. */
export function peopleOf(
  facts: ProtectionFacts,
  people: readonly Person[],
  self: string,
  isStaff: boolean,
  zone: string,
): { person: Person; sentences: Sentence[] }[] {
  const known = new Map(facts.people.map((each) => [each.participant, each]));
  const first = (person: Person) => (person.participant === self ? 0 : 1);
  return [...people]
    .sort((a, b) => first(a) - first(b))
    .map((person) => ({
      person,
      sentences: proofSentences(known.get(person.participant), zone, isStaff || person.participant === self),
    }));
}

export function dataSentences(facts: ProtectionFacts): Sentence[] {
  return [
    say(t("data.where", { hospital: facts.hospital, site: facts.site })),
    facts.isEncryptedAtRest ? say(t("data.encrypted"), "good") : say(t("data.plain"), "limit"),
  ];
}

const CLASSES = [
  "contacts",
  "chats",
  "files",
  "studies",
  "messages",
  "quality",
  "viewing_record",
  "moves",
  "reports",
  "appointments",
] as const;

const YEAR = 365;

/** Each class of data, and for how long it is kept. One that this page does not know stands by its name. */
export function keptOf(facts: ProtectionFacts): { what: string; long: string }[] {
  return facts.kept.map(({ class: name, days }) => {
    const known = CLASSES.find((each) => each === name);
    const what = known ? t(`class.${known}`) : name;
    if (days === undefined) {
      const { chatDays } = facts;
      return { what, long: chatDays === undefined ? t("kept.chatOver") : t.count("kept.chatDays", chatDays) };
    }
    const inYears = days >= YEAR && days % YEAR === 0;
    return { what, long: inYears ? t.count("kept.years", days / YEAR) : t.count("kept.days", days) };
  });
}

function outsideSentence({ kind, host = t("outside.other"), isEncrypted }: OutsideFact): Sentence {
  const tone: Tone = isEncrypted ? "plain" : "care";
  switch (kind) {
    case "mail":
      return say(t(isEncrypted ? "outside.mail" : "outside.mailPlain", { host }), tone);
    case "sms":
      return say(t(isEncrypted ? "outside.sms" : "outside.smsPlain", { host }), tone);
    case "syslog":
    case "fhir":
      return say(t(isEncrypted ? "outside.trail" : "outside.trailPlain", { host }), tone);
    // What passes there is encrypted for the gateway, whatever carries it.
    case "relay":
      return say(t("outside.relay", { host }));
    case "sign_in":
      return say(t("outside.sign_in", { host }));
    case "pacs":
      return say(t(isEncrypted ? "outside.pacs" : "outside.pacsPlain", { host }), tone);
    case "authority":
      return say(t("outside.authority", { host }));
  }
}

export function outsideSentences(facts: ProtectionFacts): Sentence[] {
  const has = (kind: OutsideFact["kind"]) => facts.outside.some((each) => each.kind === kind);
  return [
    ...(has("relay") ? [] : [say(t("outside.noRelay"), "good")]),
    ...facts.outside.map(outsideSentence),
    ...(has("mail") ? [] : [say(t("outside.noMail"))]),
    ...(has("sms") ? [] : [say(t("outside.noSms"))]),
  ];
}
