import { describe, expect, it } from "vitest";
import { problems as problemsEn } from "../../src/i18n/common.en";
import { problems as problemsFr } from "../../src/i18n/common.fr";
import { en } from "../../src/i18n/join.en";
import { fr } from "../../src/i18n/join.fr";
import { tables as after } from "../../src/join/after.words";
import { tables as change } from "../../src/join/change.words";
import { tables as door } from "../../src/join/door.words";
import { tables as queue } from "../../src/queue/words";

/** A sentence of a patient's page has at most so many words. */
const MOST_WORDS = 20;

/** Words of engineers, of administrations and of blame. A patient of eighty years meets none of them. */
const JARGON = {
  fr: [
    "erreur",
    "serveur",
    "authentifi",
    "identifiant",
    "session",
    "token",
    "navigateur web",
    "paramètre",
    "protocole",
    "WebRTC",
    "HTTPS?",
    "\\bURL\\b",
    "\\bIP\\b",
    "bande passante",
    "périphérique",
    "streaming",
    "upload",
    "télécharg",
    "échec",
    "invalide",
    "incorrect",
    "timeout",
    "bug",
    "dysfonctionn",
    "veuillez",
    "conformément",
    "dispositif",
    "modalité",
    "usager",
    "consentement",
    "RGPD",
    "responsable de traitement",
    "cookie",
    "cache du navigateur",
    "pare-feu",
    "proxy",
    "firewall",
  ],
  en: [
    "error",
    "server",
    "authenticat",
    "credential",
    "session",
    "token",
    "parameter",
    "protocol",
    "WebRTC",
    "HTTPS?",
    "\\bURL\\b",
    "\\bIP\\b",
    "bandwidth",
    "peripheral",
    "streaming",
    "upload",
    "failure",
    "invalid",
    "incorrect",
    "timeout",
    "bug",
    "pursuant",
    "modality",
    "consent form",
    "GDPR",
    "data controller",
    "cookie",
    "browser cache",
    "proxy",
    "firewall",
    "terminate",
    "abort",
    "execute",
  ],
};

/** Tables have keys of the same name: each stands under the name of its own. */
const under = (name: string, table: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(table).map(([key, text]) => [`${name}.${key}`, text]));

const texts = {
  fr: { ...fr, ...problemsFr, ...door.fr, ...after.fr, ...under("change", change.fr), ...under("queue", queue.fr) },
  en: { ...en, ...problemsEn, ...door.en, ...after.en, ...under("change", change.en), ...under("queue", queue.en) },
};

/** Sentences end at a point, a question, an exclamation or a line; what stands between brackets or after a colon is one of its own. */
const sentencesOf = (text: string): string[] =>
  text
    .split(/(?<=[.!?…])\s+|\n|\u00a0?:\s/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== "");

const wordsOf = (sentence: string): string[] =>
  sentence
    .replace(/[«»“”"()]/g, " ")
    .split(/[\s\u00a0]+/)
    .filter((word) => /[\p{L}\p{N}{]/u.test(word));

describe.each(["fr", "en"] as const)("what patients read in %s", (language) => {
  const all = Object.entries(texts[language]);

  it("has no sentence of more than twenty words", () => {
    expect(all.length).toBeGreaterThan(200);
    const long = all.flatMap(([key, text]) =>
      sentencesOf(text)
        .filter((sentence) => wordsOf(sentence).length > MOST_WORDS)
        .map((sentence) => `${key} (${wordsOf(sentence).length}): ${sentence}`),
    );
    expect(long).toEqual([]);
  });

  it("has no jargon", () => {
    const found = all.flatMap(([key, text]) =>
      JARGON[language]
        .filter((word) => new RegExp(word.startsWith("\\b") ? word : `(?<!\\p{L})${word}`, "iu").test(text))
        .map((word) => `${key}: ${word}`),
    );
    expect(found).toEqual([]);
  });
});

describe("the check of sentences", () => {
  it("finds what it is there for", () => {
    const long = Array.from({ length: 21 }, () => "mot").join(" ");
    expect(sentencesOf(`Bonjour. ${long} ! Merci.`).map((each) => wordsOf(each).length)).toEqual([1, 21, 1]);
    expect(wordsOf("«\u00a0Autoriser\u00a0» à {time} — 14 h 30")).toEqual([
      "Autoriser",
      "à",
      "{time}",
      "14",
      "h",
      "30",
    ]);
  });
});
