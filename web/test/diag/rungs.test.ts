import { describe, expect, it } from "vitest";
import {
  type Finding,
  ladderOf,
  type RungWord,
  resultOf,
  ruleOf,
  rulesText,
  targetOf,
  verdictOf,
} from "../../src/diag/rungs";
import type { DiagReport } from "../../src/protocol";

const report: DiagReport = {
  publicHost: "visio.hopital.example",
  mediaUdp: [
    { address: "192.0.2.7", port: 7_882 },
    { address: "2001:db8::7", port: 7_882 },
  ],
  stunUrls: ["stun:visio.hopital.example:7882"],
  turnUrls: [
    { url: "turn:visio.hopital.example:443?transport=tcp", rung: "turn_tcp" },
    { url: "turns:visio.hopital.example:443?transport=tcp", rung: "turn_tls" },
  ],
  username: "1764080000:diag",
  credential: "secret-of-an-hour",
  selfTest: { isGood: true, detail: "" },
  checkedAt: "2026-11-25T13:30:00.000Z",
};
const page = { host: "visio.hopital.example", port: "", isSecure: true };
const ladder = ladderOf(report, page);
const rung = (word: RungWord) => {
  const found = ladder.find((each) => each.word === word);
  if (!found) throw new Error(word);
  return found;
};

describe("targetOf", () => {
  it.each([
    ["turn:h", { protocol: "UDP", host: "h", port: 3_478, isTls: false }],
    ["turn:h:80?transport=tcp", { protocol: "TCP", host: "h", port: 80, isTls: false }],
    ["turns:h?transport=tcp", { protocol: "TCP", host: "h", port: 5_349, isTls: true }],
    ["turns:[2001:db8::1]:443", { protocol: "TCP", host: "[2001:db8::1]", port: 443, isTls: true }],
    ["http://h", undefined],
  ])("%s", (url, target) => expect(targetOf(url)).toEqual(target));
});

describe("ladderOf", () => {
  it("goes from the best way to the last", () => {
    expect(ladder.map(({ word }) => word)).toEqual(["udp", "turn_tcp", "turn_tls", "websocket"]);
  });
  it("takes the port of the page for the wire", () => {
    expect(rung("websocket").targets[0]).toMatchObject({ protocol: "TCP", port: 443, isTls: true });
    const local = ladderOf({ ...report, publicHost: "" }, { host: "localhost", port: "8080", isSecure: false });
    expect(local.at(-1)?.targets[0]).toEqual({ protocol: "TCP", host: "localhost", port: 8_080, isTls: false });
  });
});

describe("ruleOf", () => {
  it("names protocol, address and port in both languages", () => {
    expect(ruleOf(rung("udp"), "fr")).toEqual([
      "Autoriser en sortie UDP vers 192.0.2.7, port 7882, et les réponses.",
      "Autoriser en sortie UDP vers [2001:db8::7], port 7882, et les réponses.",
    ]);
    expect(ruleOf(rung("udp"), "en")[0]).toBe("Allow outgoing UDP to 192.0.2.7, port 7882, and the replies.");
  });
  it("asks that TLS is left closed, and WebSocket let through", () => {
    expect(ruleOf(rung("turn_tls"), "fr")[0]).toMatch(/port 443.*sans déchiffrement TLS/);
    expect(ruleOf(rung("websocket"), "en")[0]).toMatch(/Upgrade: websocket/);
  });
  it("gives both languages to be copied", () => {
    const text = rulesText([rung("turn_tcp")]);
    expect(text).toMatch(/^- Autoriser.*\n\n- Allow/);
  });
});

describe("verdictOf", () => {
  const found = (udp: Finding, tcp: Finding, tls: Finding, websocket: Finding) =>
    verdictOf(
      new Map<RungWord, Finding>([
        ["udp", udp],
        ["turn_tcp", tcp],
        ["turn_tls", tls],
        ["websocket", websocket],
      ]),
    );
  it("waits for every rung", () => expect(found("open", "testing", "waits", "waits")).toBeUndefined());
  it("judges by the best way that is open", () => {
    expect(found("open", "blocked", "blocked", "open")).toBe("good");
    expect(found("blocked", "blocked", "open", "open")).toBe("restricted");
    expect(found("blocked", "blocked", "missing", "open")).toBe("no_media");
    expect(found("open", "open", "open", "blocked")).toBe("no_wire");
  });
});

describe("resultOf", () => {
  it("holds no secret", () => {
    const text = JSON.stringify(
      resultOf(report, ladder, new Map([["udp", "open"]]), new Map([["udp", 12.6]]), "agent"),
    );
    expect(text).not.toMatch(/secret-of-an-hour|1764080000/);
    expect(JSON.parse(text).rungs[0]).toMatchObject({ rung: "udp", finding: "open", ms: 13 });
  });
});
