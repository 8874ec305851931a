import { beforeEach, describe, expect, it } from "vitest";
import type { Travel } from "../../src/call/travel";
import { chooseLanguage } from "../../src/i18n";
import {
  chatSentences,
  dataSentences,
  imageSentences,
  keptOf,
  type Measured,
  mediaSentences,
  outsideSentences,
  peopleOf,
  proofSentences,
  type Sentence,
  technicalOf,
} from "../../src/protection/sentences";
import { certificateSentences, hstsSentence, providerSentences, tlsSentences } from "../../src/protection/server";
import type { DeploymentFacts, PathWord, Person, PersonProof, ProtectionFacts } from "../../src/protocol";

const FACTS: ProtectionFacts = {
  hospital: "CHU",
  site: "visio.example",
  isSiteEncrypted: true,
  media: "gateway",
  chat: "gateway",
  images: "gateway",
  isMediaRecorded: false,
  isEncryptedAtRest: false,
  kept: [
    { class: "studies", days: 180 },
    { class: "reports", days: 7300 },
    { class: "chats" },
    { class: "viewing_record", days: 1 },
  ],
  outside: [],
  people: [],
};
const travel = (path: PathWord): Travel => ({ isConnected: true, isSealed: true, path });
const MEASURED: Measured = { travels: [travel("udp"), travel("udp")], isTelephone: false, isPageEncrypted: true };

const texts = (sentences: readonly Sentence[]) => sentences.map(({ text }) => text).join("\n");
const media = (change: Partial<ProtectionFacts> = {}, measured: Partial<Measured> | undefined = {}) =>
  texts(mediaSentences({ ...FACTS, ...change }, measured && { ...MEASURED, ...measured }));

beforeEach(() => chooseLanguage("en"));

describe("sound and picture", () => {
  it("never says end-to-end while the gateway opens them", () => {
    expect(media()).toContain("it could hear and see. This is not end-to-end encryption");
    expect(media({ media: "people" })).not.toContain("could hear");
    expect(media({ media: "people" })).toContain("(end-to-end encryption)");
  });

  it("says that they are encrypted only when the browser says so of every direction", () => {
    expect(media()).toContain("Your sound and picture are encrypted");
    const open = { ...travel("udp"), isSealed: false };
    for (const travels of [[travel("udp"), open], [open]]) {
      expect(media({}, { travels })).toContain("does not confirm that sound and picture are encrypted");
      expect(media({}, { travels })).not.toContain("are encrypted between");
    }
    expect(media({}, { travels: [] })).toContain("no sound and no picture travels");
    expect(media({}, { travels: [] })).not.toContain("are encrypted");
    // With one direction nothing is said of the other.
    expect(media({}, { travels: [travel("udp")] })).toContain("What you receive is encrypted");
  });

  it("tells the way that is measured, and that it is not known", () => {
    expect(media()).toContain("straight from this device");
    expect(media({}, { travels: [travel("tcp"), travel("tcp")] })).toContain("over a direct TCP connection");
    const relayed = { travels: [travel("relay_tls"), travel("relay_tls")] };
    expect(media({}, relayed)).toContain("through the gateway’s own relay, inside a TLS connection");
    const outside: ProtectionFacts["outside"] = [{ kind: "relay", host: "relay.example", isEncrypted: true }];
    expect(media({ outside }, relayed)).toContain("a separate relay (relay.example)");
    expect(media({}, { travels: [travel("udp"), travel("relay_tcp")] }).split("\n")).toHaveLength(5);
    const unknown = { isConnected: true, isSealed: true };
    expect(media({}, { travels: [unknown, unknown] })).toContain("does not say which way");
    expect(media({}, { travels: [unknown, unknown] })).not.toContain("straight");
  });

  it("tells of a recording and of the telephone", () => {
    expect(media()).toContain("records neither sound nor picture");
    expect(media({ isMediaRecorded: true })).toContain("The gateway records sound and picture");
    expect(media({ isMediaRecorded: true })).not.toContain("neither");
    expect(media()).not.toContain("telephone");
    expect(media({}, { isTelephone: true })).toContain("nothing that is said here protects it");
  });

  it("tells the keys as the browser names them, and invents none", () => {
    expect(technicalOf([{ ...travel("udp"), dtls: "DTLS 1.2", srtp: "AEAD_AES_128_GCM" }])).toEqual([
      "DTLS-SRTP (DTLS 1.2, AEAD_AES_128_GCM)",
    ]);
    expect(technicalOf([travel("udp"), travel("udp")])).toEqual(["DTLS-SRTP; the browser tells no details"]);
    expect(technicalOf([])).toEqual([]);
  });
});

describe("messages and images", () => {
  it("claims HTTPS only where the site has it and this page came by it", () => {
    const chat = (change: Partial<ProtectionFacts>, isPageEncrypted = true) =>
      texts(chatSentences({ ...FACTS, ...change }, { ...MEASURED, isPageEncrypted }));
    expect(chat({})).toContain("(HTTPS)");
    expect(chat({ isSiteEncrypted: false })).toContain("without encryption (no HTTPS)");
    expect(chat({}, false)).toContain("without encryption (no HTTPS)");
    expect(chat({})).toContain("The gateway can read them");
    expect(chat({ chat: "people" })).not.toContain("can read them: it");
    expect(chat({})).toContain("once the consultation is over");
    expect(chat({ chatDays: 30 })).toContain("30 days after they were written");
    expect(chat({ chatDays: 30 })).not.toContain("is over");
  });

  it("says where images are drawn, and that it is noted where it is", () => {
    expect(texts(imageSentences(FACTS))).toContain("drawn on the server");
    expect(texts(imageSentences({ ...FACTS, images: "people" }))).not.toContain("server");
    expect(texts(imageSentences(FACTS))).toContain("notes what was shown");
    expect(texts(imageSentences({ ...FACTS, kept: [] }))).not.toContain("notes");
  });
});

describe("people", () => {
  const proof = (change: Partial<PersonProof>, tellsLooks = true) =>
    texts(proofSentences({ participant: "p", ...change }, "UTC", tellsLooks));
  const at = "2026-11-29T14:32:00.000Z";

  it("says of each what they showed and no better", () => {
    expect(proof({})).toBe("Not here yet.");
    expect(texts(proofSentences(undefined, "UTC", true))).toBe("Not here yet.");
    expect(proof({ assurance: "link_only" })).toContain("personal link, and nothing else");
    expect(proof({ assurance: "link_and_code" })).toContain("a second proof");
    expect(proof({ assurance: "link_and_code", opening: "birth_date" })).toContain("their date of birth");
    expect(proof({ assurance: "link_and_code", opening: "sms" })).toContain("sent by SMS");
    expect(proof({ assurance: "signed_in" })).toBe("Signed in.");
    const signIn = { strength: "unsaid", at } as const;
    expect(proof({ assurance: "signed_in", signIn })).toContain("the hospital’s account");
    expect(proof({ assurance: "signed_in", signIn })).toContain("does not say by which means");
    expect(proof({ assurance: "signed_in", signIn: { ...signIn, strength: "strong", provider: "PSC" } })).toContain(
      "Signed in at PSC.\nThat provider vouches for a strong sign-in.\nLast proof at 14:32.",
    );
    const named = proof({ assurance: "signed_in", signIn: { ...signIn, strength: "named", class: "2" } });
    expect(named).toContain("Level told by that provider: “2”");
    expect(named).not.toContain("strong");
  });

  it("tells a look, by whom, and that there was none only to whoever would be told", () => {
    const seen = { means: "recognised", at, name: "Dr Martin" } as const;
    expect(proof({ assurance: "link_only", seen })).toContain("Recognised on the picture by Dr Martin at 14:32.");
    expect(proof({ assurance: "link_only", seen: { means: "document", at } })).toContain("to a member of staff");
    expect(proof({ assurance: "link_only" })).toContain("Nobody has noted");
    expect(proof({ assurance: "link_only" }, false)).not.toContain("Nobody has noted");
  });

  it("puts the reader first and makes up nobody", () => {
    const person = (participant: string, role: Person["role"]): Person => ({
      participant,
      role,
      name: participant,
      place: { state: "in_call" },
      muted: [],
    });
    const people = [person("doctor", "practitioner"), person("me", "patient")];
    const told = { ...FACTS, people: [{ participant: "me", assurance: "link_only" } as const] };
    const list = peopleOf(told, people, "me", false, "UTC");
    expect(list.map((each) => each.person.participant)).toEqual(["me", "doctor"]);
    expect(texts(list[1]?.sentences ?? [])).toBe("Not here yet.");
  });
});

describe("data", () => {
  it("claims encryption at rest only where there is some", () => {
    expect(texts(dataSentences(FACTS))).toContain("does not encrypt what it keeps");
    const encrypted = texts(dataSentences({ ...FACTS, isEncryptedAtRest: true }));
    expect(encrypted).toContain(
      "The gateway encrypts what it keeps, with a key that it holds: a stolen disk or backup cannot be read.",
    );
    expect(encrypted).not.toContain("does not");
  });

  it("tells each class for as long as it is kept", () => {
    expect(keptOf(FACTS)).toEqual([
      { what: "Copies of studies", long: "180 days after the visit" },
      { what: "Kept images and reports", long: "20 years after the visit" },
      { what: "Messages and files of the call", long: "until the consultation is over" },
      { what: "What was shown, and to whom", long: "1 day after the visit" },
    ]);
    expect(keptOf({ ...FACTS, chatDays: 30, kept: [{ class: "chats" }, { class: "new_one", days: 2 }] })).toEqual([
      { what: "Messages and files of the call", long: "30 days" },
      { what: "new_one", long: "2 days after the visit" },
    ]);
  });

  it("tells who else gets something, and where nobody does", () => {
    const outside = (list: ProtectionFacts["outside"]) => texts(outsideSentences({ ...FACTS, outside: list }));
    const none = outside([]);
    for (const word of ["go through no other service", "No e-mail is sent", "No SMS is sent"])
      expect(none).toContain(word);
    expect(outside([{ kind: "mail", host: "smtp.example", isEncrypted: true }])).toContain(
      "E-mails leave through smtp.example, over an encrypted connection",
    );
    expect(outside([{ kind: "mail", host: "smtp.example", isEncrypted: false }])).toContain("without an encrypted");
    expect(outside([{ kind: "mail", host: "smtp.example", isEncrypted: true }])).not.toContain("No e-mail");
    expect(outside([{ kind: "sms", host: "sms.example", isEncrypted: true }])).not.toContain("No SMS");
    const relay = outside([{ kind: "relay", host: "relay.example", isEncrypted: true }]);
    expect(relay).toContain("relay.example");
    expect(relay).not.toContain("no other service");
    expect(outside([{ kind: "syslog", isEncrypted: false }])).toContain("another system that the hospital has set");
  });
});

describe("the server", () => {
  const DEPLOYMENT: DeploymentFacts = {
    version: "1",
    certificates: [],
    database: "sqlite",
    frameAncestors: [],
    trail: { records: 0, signed: 0, key: "k" },
    providers: [],
    allowedHosts: [],
    relayUrls: [],
    isRelayExternal: false,
  };
  const day = (at: string) => at.slice(0, 10);

  it("tells TLS as it is", () => {
    const certificate = { issuer: "CN=R11", until: "2027-01-01T00:00:00Z", isSelfSigned: false };
    expect(texts(tlsSentences({ ...FACTS, isSiteEncrypted: false }, DEPLOYMENT))).toContain("without HTTPS");
    expect(texts(tlsSentences(FACTS, DEPLOYMENT))).toContain("another server in front");
    expect(texts(tlsSentences(FACTS, { ...DEPLOYMENT, certificates: [certificate] }))).not.toContain("in front");
    expect(texts(certificateSentences(certificate, day))).toBe("Issued by CN=R11, valid until 2027-01-01.");
    expect(texts(certificateSentences({ ...certificate, isSelfSigned: true }, day))).toContain("vouches for itself");
    expect(texts(certificateSentences({ ...certificate, news: "expired" }, day))).toContain("It has expired");
    expect(texts(certificateSentences({ isSelfSigned: false, news: "awaited" }, day))).toBe(
      "It was asked for and is not there yet.",
    );
    expect(hstsSentence(DEPLOYMENT).text).toContain("no HSTS");
    expect(hstsSentence({ ...DEPLOYMENT, hstsSeconds: 31_536_000 }).text).toContain("365 days");
  });

  it("tells what providers are asked for", () => {
    const provider = { issuer: "https://idp", classes: [], privilegedClasses: [] };
    expect(texts(providerSentences(provider))).toBe("Any level is accepted.");
    expect(texts(providerSentences({ ...provider, classes: ["eidas2"], privilegedClasses: ["phr"] }))).toBe(
      "Level needed: eidas2.\nFor settings: phr.",
    );
  });
});

it("says it in French without a hole", () => {
  chooseLanguage("fr");
  const all = [
    ...mediaSentences(FACTS, MEASURED),
    ...mediaSentences(FACTS, undefined),
    ...chatSentences(FACTS, MEASURED),
    ...imageSentences(FACTS),
    ...dataSentences(FACTS),
    ...outsideSentences(FACTS),
  ];
  expect(all.length).toBeGreaterThan(12);
  for (const { text } of all) expect(text).not.toMatch(/[{}]|undefined/);
  expect(texts(all)).toContain("Ce n’est pas un chiffrement de bout en bout");
});
