import type { DiagReport, LanguageWord } from "../protocol";

/** One way into the hospital, from the best to the last. */
export type RungWord = "udp" | "turn_udp" | "turn_tcp" | "turn_tls" | "websocket";
export type Finding = "waits" | "testing" | "open" | "blocked" | "missing";

/** What a firewall has to let out. */
export interface Target {
  protocol: "UDP" | "TCP";
  host: string;
  port: number;
  /** Encrypted and not to be opened on the way. */
  isTls: boolean;
}

export interface Rung {
  word: RungWord;
  /** Addresses to ask; empty when the gateway does not offer this way. */
  urls: string[];
  targets: Target[];
}

/** Takes the address of a relay apart (RFC 7065). */
export function targetOf(url: string): Target | undefined {
  const found = /^(turns?):(\[[^\]]+\]|[^:?]+)(?::(\d+))?(?:\?transport=(udp|tcp))?$/.exec(url);
  if (!found) return undefined;
  const [, scheme, host = "", port, transport] = found;
  const isTls = scheme === "turns";
  return {
    protocol: isTls || transport === "tcp" ? "TCP" : "UDP",
    host,
    port: port === undefined ? (isTls ? 5349 : 3478) : Number(port),
    isTls,
  };
}

/** The ladder of this gateway. `secure`: the page itself came over HTTPS. */
export function ladderOf(report: DiagReport, page: { host: string; port: string; isSecure: boolean }): Rung[] {
  const turn = (word: "turn_udp" | "turn_tcp" | "turn_tls"): Rung => {
    const urls = report.turnUrls.filter(({ rung }) => rung === word).map(({ url }) => url);
    return { word, urls, targets: urls.flatMap((url) => targetOf(url) ?? []) };
  };
  const relayedUdp = turn("turn_udp");
  return [
    {
      word: "udp",
      urls: report.stunUrls,
      targets: report.mediaUdp.map(({ address, port }) => ({ protocol: "UDP", host: address, port, isTls: false })),
    },
    ...(relayedUdp.urls.length > 0 ? [relayedUdp] : []),
    turn("turn_tcp"),
    turn("turn_tls"),
    {
      word: "websocket",
      urls: [],
      targets: [
        {
          protocol: "TCP",
          host: report.publicHost || page.host,
          port: Number(page.port) || (page.isSecure ? 443 : 80),
          isTls: page.isSecure,
        },
      ],
    },
  ];
}

export type Verdict = "good" | "restricted" | "no_media" | "no_wire";

/** What a call from this network will be like. Nothing before every rung has been tried. */
export function verdictOf(findings: ReadonlyMap<RungWord, Finding>): Verdict | undefined {
  const all = [...findings.values()];
  if (all.length === 0 || all.some((finding) => finding === "waits" || finding === "testing")) return undefined;
  if (findings.get("websocket") !== "open") return "no_wire";
  if (findings.get("udp") === "open") return "good";
  return (["turn_udp", "turn_tcp", "turn_tls"] as const).some((word) => findings.get(word) === "open")
    ? "restricted"
    : "no_media";
}

const address = (host: string): string => (host.includes(":") && !host.startsWith("[") ? `[${host}]` : host);

/** The rule of a firewall in words that its administrator can act on. */
export function ruleOf(rung: Rung, language: LanguageWord): string[] {
  return rung.targets.map(({ protocol, host, port, isTls }) => {
    const to = address(host);
    if (language === "fr") {
      const rule = `Autoriser en sortie ${protocol} vers ${to}, port ${port}, et les réponses`;
      if (rung.word === "websocket")
        return `${rule}, avec les connexions WebSocket (en-tête «\u00a0Upgrade: websocket\u00a0») et sans coupure des connexions longues.`;
      return isTls ? `${rule}, sans déchiffrement TLS (pas d’inspection HTTPS pour cette adresse).` : `${rule}.`;
    }
    const rule = `Allow outgoing ${protocol} to ${to}, port ${port}, and the replies`;
    if (rung.word === "websocket")
      return `${rule}, with WebSocket connections (header "Upgrade: websocket") and without cutting long connections.`;
    return isTls ? `${rule}, without TLS decryption (no HTTPS inspection for this address).` : `${rule}.`;
  });
}

/** All rules that are missing, in both languages, to be sent to whoever runs the firewall. */
export function rulesText(blocked: readonly Rung[]): string {
  const part = (language: LanguageWord) => blocked.flatMap((rung) => ruleOf(rung, language)).map((rule) => `- ${rule}`);
  return [...part("fr"), "", ...part("en")].join("\n");
}

/** What can be sent to a help desk: the findings, and of the gateway's answer all but the secrets. */
export function resultOf(
  report: DiagReport,
  ladder: readonly Rung[],
  findings: ReadonlyMap<RungWord, Finding>,
  times: ReadonlyMap<RungWord, number>,
  browser: string,
): object {
  const { username: _, credential: __, ...told } = report;
  return {
    report: told,
    browser,
    rungs: ladder.map(({ word, urls, targets }) => ({
      rung: word,
      finding: findings.get(word),
      ms: times.has(word) ? Math.round(times.get(word) ?? 0) : undefined,
      urls,
      targets,
    })),
    verdict: verdictOf(findings),
  };
}
