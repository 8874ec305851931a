import type { LanguageWord } from "../protocol";
import type { Findings, Rung, RungWord } from "./rungs";

/** Rules that belong together, under a line of their own. */
export interface RuleGroup {
  lead?: string;
  rules: string[];
}

/** What follows the port, by rung. */
const ENDS: Readonly<Record<LanguageWord, Readonly<Record<RungWord, string>>>> = {
  fr: {
    udp: "/UDP dans les deux sens, avec un suivi de connexion d’au moins 60 secondes.",
    tcp: "/TCP sans inspection\u00a0: ce n’est pas du HTTP.",
    relay_udp: "/UDP dans les deux sens, avec un suivi de connexion d’au moins 60 secondes.",
    relay_tcp: "/TCP sans inspection.",
    relay_tls: "/TCP, en TLS, sans déchiffrement (exception dans le proxy pour ce nom).",
    websocket: "/TCP (HTTPS et WebSocket).",
  },
  en: {
    udp: "/UDP both ways, with connection tracking of 60 seconds or more.",
    tcp: "/TCP without inspection: it is not HTTP.",
    relay_udp: "/UDP both ways, with connection tracking of 60 seconds or more.",
    relay_tcp: "/TCP without inspection.",
    relay_tls: "/TCP, TLS, not decrypted on the way (an exception in the proxy for this name).",
    websocket: "/TCP (HTTPS and WebSocket).",
  },
};

/** The rules of a firewall for one rung, in words that its administrator can act on: those of docs/network.md. */
export function ruleOf({ word, targets }: Rung, language: LanguageWord): string[] {
  return targets.map(({ host, port }) => {
    const to =
      language === "fr"
        ? `Autoriser depuis les postes de consultation vers ${host}\u00a0: `
        : `Allow from consultation desks to ${host}: `;
    return `${to}${port}${ENDS[language][word]}`;
  });
}

const LEADS = {
  needed: {
    fr: "Si l’UDP ne peut pas être autorisé, l’un de ces chemins suffit\u00a0:",
    en: "If UDP cannot be allowed, one of these ways is enough:",
  },
  spare: {
    fr: "Facultatif, en réserve\u00a0: un chemin pour le son et l’image est déjà ouvert.",
    en: "Optional, in reserve: one way for sound and picture is open already.",
  },
} as const;

/** What must be let through comes first, then the detours: needed when nothing else is open, else in reserve. */
export function rulesOf(blocked: readonly Rung[], findings: Findings, language: LanguageWord): RuleGroup[] {
  const isFirst = ({ word }: Rung) => word === "websocket" || word === "udp";
  const first = blocked.filter(isFirst).flatMap((rung) => ruleOf(rung, language));
  const detours = blocked.filter((rung) => !isFirst(rung)).flatMap((rung) => ruleOf(rung, language));
  const hasWay = [...findings].some(([word, finding]) => word !== "websocket" && finding === "open");
  return [
    ...(first.length > 0 ? [{ rules: first }] : []),
    ...(detours.length > 0 ? [{ lead: LEADS[hasWay ? "spare" : "needed"][language], rules: detours }] : []),
  ];
}

export const NOTHING_ELSE: Readonly<Record<LanguageWord, string>> = {
  fr: "Rien d’autre n’est nécessaire\u00a0: ni STUN, ni serveur tiers.",
  en: "Nothing else is needed: no STUN, no third party.",
};

/** All rules that are missing, in both languages, to be sent to whoever runs the firewall. */
export function rulesText(blocked: readonly Rung[], findings: Findings): string {
  const part = (language: LanguageWord) => [
    ...rulesOf(blocked, findings, language).flatMap(({ lead, rules }) => [
      ...(lead === undefined ? [] : [lead]),
      ...rules.map((rule) => `- ${rule}`),
    ]),
    NOTHING_ELSE[language],
  ];
  return [...part("fr"), "", ...part("en")].join("\n");
}
