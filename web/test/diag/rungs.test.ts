import { describe, expect, it } from "vitest";
import { rulesOf, rulesText } from "../../src/diag/rules";
import {
  blockedOf,
  type Finding,
  type Findings,
  firstFinding,
  ladderOf,
  type RungWord,
  resultOf,
  targetOf,
  verdictOf,
} from "../../src/diag/rungs";
import type { DiagReport, DiagRung } from "../../src/protocol";

const relay = (path: DiagRung["path"], url: string): DiagRung => ({
  path,
  targets: [url],
  answer: "v=0 relay-answer-password",
  iceServers: [{ urls: [url], username: "1764080300:visitor", credential: "secret-of-five-minutes" }],
});
const report: DiagReport = {
  version: "0.1.0",
  now: "2026-11-25T13:30:00.000Z",
  announced: ["192.0.2.7:7882", "[2001:db8::7]:7882"],
  rungs: [
    { path: "udp", targets: ["192.0.2.7:7882", "[2001:db8::7]:7882"], answer: "v=0 udp", iceServers: [] },
    { path: "tcp", targets: ["192.0.2.7:443"], answer: "v=0 tcp", iceServers: [] },
    relay("relay_tcp", "turn:visio.hopital.example:443?transport=tcp"),
    relay("relay_tls", "turns:visio.hopital.example:443?transport=tcp"),
  ],
  relayUrls: ["turn:visio.hopital.example:443?transport=tcp", "turns:visio.hopital.example:443?transport=tcp"],
  isRelayExternal: false,
  selfTest: "passed",
};
const page = { host: "visio.hopital.example", port: "", isSecure: true };
const ladder = ladderOf(report, page);
/** In the order of the ladder: UDP, TCP, relay over TCP, relay over TLS, the wire. */
const found = (...all: Finding[]): Findings =>
  new Map(ladder.map(({ word }, place) => [word, all[place] ?? "waits"] as const));
const words = (rungs: readonly { word: RungWord }[]) => rungs.map(({ word }) => word);

describe("targetOf", () => {
  it.each([
    ["192.0.2.7:7882", { host: "192.0.2.7", port: 7_882 }],
    ["[2001:db8::7]:7882", { host: "[2001:db8::7]", port: 7_882 }],
    ["turn:h", { host: "h", port: 3_478 }],
    ["turn:h:80?transport=tcp", { host: "h", port: 80 }],
    ["turns:h?transport=tcp", { host: "h", port: 5_349 }],
    ["turns:[2001:db8::1]:443", { host: "[2001:db8::1]", port: 443 }],
    ["h", undefined],
    ["http://h", undefined],
  ])("%s", (text, target) => expect(targetOf(text)).toEqual(target));
});

describe("ladderOf", () => {
  it("goes from the best way to the last, the wire at the end", () => {
    expect(words(ladder)).toEqual(["udp", "tcp", "relay_tcp", "relay_tls", "websocket"]);
    expect(ladder.map(firstFinding)).toEqual(["waits", "waits", "waits", "waits", "waits"]);
  });
  it("names the ways that a gateway does not offer, but no relay over UDP", () => {
    const bare = ladderOf({ ...report, rungs: report.rungs.slice(0, 1) }, page);
    expect(words(bare)).toEqual(["udp", "tcp", "relay_tcp", "relay_tls", "websocket"]);
    expect(bare.map(firstFinding)).toEqual(["waits", "missing", "missing", "missing", "waits"]);
  });
  it("does not try a relay without credentials, which would come in by another way", () => {
    const udp = { ...relay("relay_udp", "turn:relais.hopital.example:3478"), iceServers: [] };
    const external = ladderOf({ ...report, rungs: [...report.rungs.slice(0, 2), udp], isRelayExternal: true }, page);
    const rung = external.find(({ word }) => word === "relay_udp");
    expect(rung && firstFinding(rung)).toBe("untried");
  });
  it("takes the port of the page for the wire", () => {
    expect(ladder.at(-1)?.targets).toEqual([{ host: "visio.hopital.example", port: 443 }]);
    const local = ladderOf(report, { host: "localhost", port: "8080", isSecure: false });
    expect(local.at(-1)?.targets).toEqual([{ host: "localhost", port: 8_080 }]);
  });
});

describe("verdictOf", () => {
  it("waits for every rung", () => {
    expect(verdictOf(new Map())).toBeUndefined();
    expect(verdictOf(found("open", "open", "testing", "waits", "waits"))).toBeUndefined();
    expect(verdictOf(found("open", "open", "open", "open", "testing"))).toBeUndefined();
  });
  it("judges by the best way that is open", () => {
    expect(verdictOf(found("open", "blocked", "blocked", "blocked", "open"))).toBe("good");
    expect(verdictOf(found("blocked", "open", "missing", "missing", "open"))).toBe("restricted");
    expect(verdictOf(found("blocked", "blocked", "blocked", "open", "open"))).toBe("restricted");
    expect(verdictOf(found("blocked", "blocked", "missing", "blocked", "open"))).toBe("no_media");
    expect(verdictOf(found("open", "open", "open", "open", "blocked"))).toBe("no_wire");
  });
  it("claims nothing of a relay that was not tried", () => {
    expect(verdictOf(found("blocked", "blocked", "untried", "untried", "open"))).toBe("unknown");
    expect(verdictOf(found("blocked", "open", "untried", "untried", "open"))).toBe("restricted");
  });
});

describe("blockedOf", () => {
  const findings = found("blocked", "open", "blocked", "untried", "blocked");
  it("names what the firewall closes", () => {
    expect(words(blockedOf(report, ladder, findings))).toEqual(["udp", "relay_tcp", "websocket"]);
  });
  it("does not blame the firewall for a relay that the gateway itself does not get through", () => {
    const broken: DiagReport = { ...report, selfTest: "failed", selfTestDetail: "the relay cannot be reached" };
    expect(words(blockedOf(broken, ladder, findings))).toEqual(["udp", "websocket"]);
  });
});

describe("rules", () => {
  const rules = (findings: Findings, language: "fr" | "en") =>
    rulesOf(blockedOf(report, ladder, findings), findings, language);
  it("ask for UDP, or else for one of the others, when nothing is open", () => {
    const all = found("blocked", "blocked", "blocked", "blocked", "open");
    expect(rules(all, "fr")).toEqual([
      {
        rules: [
          "Autoriser depuis les postes de consultation vers 192.0.2.7\u00a0: 7882/UDP dans les deux sens, avec un suivi de connexion d’au moins 60 secondes.",
          "Autoriser depuis les postes de consultation vers [2001:db8::7]\u00a0: 7882/UDP dans les deux sens, avec un suivi de connexion d’au moins 60 secondes.",
        ],
      },
      {
        lead: "Si l’UDP ne peut pas être autorisé, l’un de ces chemins suffit\u00a0:",
        rules: [
          "Autoriser depuis les postes de consultation vers 192.0.2.7\u00a0: 443/TCP sans inspection\u00a0: ce n’est pas du HTTP.",
          "Autoriser depuis les postes de consultation vers visio.hopital.example\u00a0: 443/TCP sans inspection.",
          "Autoriser depuis les postes de consultation vers visio.hopital.example\u00a0: 443/TCP, en TLS, sans déchiffrement (exception dans le proxy pour ce nom).",
        ],
      },
    ]);
    expect(rules(all, "en")[1]?.lead).toBe("If UDP cannot be allowed, one of these ways is enough:");
  });
  it("call the others a reserve when one way is open", () => {
    const [only, ...none] = rules(found("open", "open", "open", "blocked", "open"), "en");
    expect(none).toEqual([]);
    expect(only?.lead).toMatch(/^Optional/);
    expect(only?.rules).toEqual([
      "Allow from consultation desks to visio.hopital.example: 443/TCP, TLS, not decrypted on the way (an exception in the proxy for this name).",
    ]);
  });
  it("ask for the wire", () => {
    expect(rules(found("open", "open", "open", "open", "blocked"), "en")).toEqual([
      { rules: ["Allow from consultation desks to visio.hopital.example: 443/TCP (HTTPS and WebSocket)."] },
    ]);
  });
  it("are copied in both languages", () => {
    const findings = found("blocked", "open", "open", "open", "open");
    const text = rulesText(blockedOf(report, ladder, findings), findings);
    expect(text).toMatch(/^- Autoriser.*\n- Autoriser.*\nRien d’autre.*\n\n- Allow.*\n- Allow.*\nNothing else/);
  });
});

describe("resultOf", () => {
  it("holds no secret, and how each rung was found", () => {
    const findings = found("open", "blocked", "blocked", "blocked", "open");
    const text = JSON.stringify(resultOf(report, ladder, findings, new Map([["udp", 12.6]]), "agent"));
    expect(text).not.toMatch(/secret-of|1764080300|relay-answer-password|v=0/);
    const result = JSON.parse(text);
    expect(result.rungs[0]).toEqual({ rung: "udp", finding: "open", ms: 13, targets: report.announced });
    expect(result.rungs[4].targets).toEqual(["visio.hopital.example:443"]);
    expect(result).toMatchObject({ verdict: "good", report: { version: "0.1.0", selfTest: "passed" } });
  });
});
