import { canTry, isRelay, type Way } from "../call/network";
import type { DiagReport, PathWord } from "../protocol";

/** One way into the hospital, from the best to the last; the wire carries no sound, and everything else. */
export type RungWord = PathWord | "websocket";
/** `missing`: this gateway does not offer it. `untried`: it does, but gave nothing to try it with. */
export type Finding = "waits" | "testing" | "open" | "blocked" | "missing" | "untried";
export type Findings = ReadonlyMap<RungWord, Finding>;

/** What a firewall has to let out. */
export interface Target {
  /** As it is written in a rule: an IPv6 address in brackets. */
  host: string;
  port: number;
}

export interface Rung {
  word: RungWord;
  targets: Target[];
  /** What a browser tries it with; the wire needs nothing. */
  way?: Way;
}

/** Takes `203.0.113.5:7882` or the address of a relay (RFC 7065) apart. */
export function targetOf(text: string): Target | undefined {
  const found = /^(?:(turns?):)?(\[[^\]]+\]|[^:?/\s]+)(?::(\d{1,5}))?(?:\?transport=\w+)?$/.exec(text);
  if (!found) return undefined;
  const [, scheme, host = "", port] = found;
  if (port === undefined && scheme === undefined) return undefined;
  return { host, port: port === undefined ? (scheme === "turns" ? 5349 : 3478) : Number(port) };
}

const PATHS: readonly PathWord[] = ["udp", "tcp", "relay_udp", "relay_tcp", "relay_tls"];

/** The ladder of this gateway. A relay over UDP is a hospital's own, and is left out where there is none. */
export function ladderOf(report: DiagReport, page: { host: string; port: string; isSecure: boolean }): Rung[] {
  const ladder: Rung[] = PATHS.flatMap((path): Rung[] => {
    const way = report.rungs.find((rung) => rung.path === path);
    if (!way) return path === "relay_udp" ? [] : [{ word: path, targets: [] }];
    return [{ word: path, targets: way.targets.flatMap((text) => targetOf(text) ?? []), way }];
  });
  const port = Number(page.port) || (page.isSecure ? 443 : 80);
  return [...ladder, { word: "websocket", targets: [{ host: page.host, port }] }];
}

/** Where a rung stands before anything has been tried. */
export function firstFinding({ word, way }: Rung): Finding {
  if (word === "websocket") return "waits";
  if (!way) return "missing";
  return canTry(way) ? "waits" : "untried";
}

export type Verdict = "good" | "restricted" | "unknown" | "no_media" | "no_wire";

const of = (findings: Findings, finding: Finding): RungWord[] =>
  [...findings].flatMap(([word, found]) => (found === finding ? [word] : []));

/** What a call from this network will be like. Nothing before every rung has been tried. */
export function verdictOf(findings: Findings): Verdict | undefined {
  if (findings.size === 0 || of(findings, "waits").length > 0 || of(findings, "testing").length > 0) return undefined;
  if (findings.get("websocket") !== "open") return "no_wire";
  if (findings.get("udp") === "open") return "good";
  if (of(findings, "open").length > 1) return "restricted";
  return of(findings, "untried").length > 0 ? "unknown" : "no_media";
}

/** The rungs that a firewall closes. When the gateway fails at its own relay, the relay says nothing of firewalls. */
export function blockedOf(report: DiagReport, ladder: readonly Rung[], findings: Findings): Rung[] {
  return ladder.filter(({ word }) => {
    if (findings.get(word) !== "blocked") return false;
    return report.selfTest !== "failed" || report.isRelayExternal || word === "websocket" || !isRelay(word);
  });
}

/** What can be sent to a help desk: the findings, and of the gateway's answer all but the secrets. */
export function resultOf(
  report: DiagReport,
  ladder: readonly Rung[],
  findings: Findings,
  times: ReadonlyMap<RungWord, number>,
  browser: string,
): object {
  // The rungs hold credentials and a session description: what is told of them stands below.
  const { rungs: _, ...told } = report;
  return {
    report: told,
    browser,
    rungs: ladder.map(({ word, targets, way }) => ({
      rung: word,
      finding: findings.get(word),
      ms: times.has(word) ? Math.round(times.get(word) ?? 0) : undefined,
      targets: way?.targets ?? targets.map(({ host, port }) => `${host}:${port}`),
    })),
    verdict: verdictOf(findings),
  };
}
