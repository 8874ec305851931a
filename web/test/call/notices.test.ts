import { describe, expect, it } from "vitest";
import { anyOpen, canTry, median, networkWord, withCredentials } from "../../src/call/network";
import { type Circumstances, noticesOf, Silence, secondsUntil } from "../../src/call/notices";

const calm: Circumstances = {
  isWireLost: false,
  media: "connected",
  isTelephone: false,
  muteAsked: undefined,
  microphone: "works",
  isMicSilent: false,
  isUplinkSlow: false,
  cameraOn: true,
  path: "udp",
};
const told = (now: Partial<Circumstances>) => noticesOf({ ...calm, ...now }).map((notice) => notice.is);

describe("noticesOf", () => {
  it("says nothing when all is well", () => expect(told({})).toEqual([]));
  it("tells a lost wire apart by whether the call goes on", () => {
    expect(told({ isWireLost: true })).toEqual(["wire_goes_on"]);
    expect(told({ isWireLost: true, media: "lost" })).toEqual(["wire"]);
    expect(told({ media: "lost" })).toEqual(["media"]);
  });
  it("says nothing about sound and picture by telephone", () => {
    expect(
      told({ isTelephone: true, media: "lost", isUplinkSlow: true, path: "relay_tls", microphone: "in_use" }),
    ).toEqual([]);
    expect(told({ isTelephone: true, isWireLost: true })).toEqual(["wire"]);
  });
  it("names a restricted network, and a slow one only while a picture is sent", () => {
    expect(told({ path: "relay_tls" })).toEqual(["restricted"]);
    expect(told({ isUplinkSlow: true })).toEqual(["slow"]);
    expect(told({ isUplinkSlow: true, cameraOn: false })).toEqual([]);
  });
  it("prefers the cause to the effect for a microphone", () => {
    expect(told({ microphone: "in_use", isMicSilent: true })).toEqual(["taken"]);
  });
});

describe("secondsUntil", () => {
  it("counts down by the gateway's clock and stops at nothing", () => {
    const now = Date.parse("2026-11-25T13:30:00.000Z");
    expect(secondsUntil("2026-11-25T13:30:41.200Z", now)).toBe(42);
    expect(secondsUntil("2026-11-25T13:29:00.000Z", now)).toBe(0);
    expect(secondsUntil(undefined, now)).toBe(0);
    expect(secondsUntil("never", now)).toBe(0);
  });
});

describe("Silence", () => {
  it("warns of a microphone that gives nothing for twenty seconds while it is on", () => {
    const silence = new Silence();
    expect(silence.sample(0, 0, true)).toBe(false);
    expect(silence.sample(19_000, 0, true)).toBe(false);
    expect(silence.sample(20_000, 0, true)).toBe(true);
  });
  it("lets somebody listen quietly once they were heard", () => {
    const silence = new Silence();
    silence.sample(0, 0.5, true);
    expect(silence.sample(90_000, 0, true)).toBe(false);
  });
  it("does not count the time during which it is off", () => {
    const silence = new Silence();
    silence.sample(0, 0, true);
    silence.sample(10_000, 0, false);
    expect(silence.sample(25_000, 0, true)).toBe(false);
  });
});

describe("the network before the call", () => {
  it("is one word", () => {
    expect(networkWord({})).toBe("unknown");
    expect(networkWord({ rttMs: 40 })).toBe("good");
    expect(networkWord({ rttMs: 40, isUdpOpen: true })).toBe("good");
    expect(networkWord({ rttMs: 40, isUdpOpen: false })).toBe("restricted");
    expect(networkWord({ rttMs: 40, isUdpOpen: false, isDetourOpen: true })).toBe("restricted");
    expect(networkWord({ rttMs: 900, isUdpOpen: false })).toBe("slow");
    expect(networkWord({ rttMs: 900, isUdpOpen: false, isDetourOpen: false })).toBe("blocked");
  });
  it("takes the time in the middle", () => {
    expect(median([90, 10, 30])).toBe(30);
    expect(median([])).toBeUndefined();
  });
  it("knows of a detour only when one is open, or every one was tried", () => {
    expect(anyOpen([false, undefined, true])).toBe(true);
    expect(anyOpen([false, undefined])).toBeUndefined();
    expect(anyOpen([false, false])).toBe(false);
  });
  it("tries a relay of the hospital's only with the credentials of the visit", () => {
    const way = { path: "relay_udp", targets: ["turn:h:3478"], answer: "v=0", iceServers: [] } as const;
    const bare = { ...way, targets: [...way.targets], iceServers: [] };
    expect(canTry(bare)).toBe(false);
    expect(canTry({ path: "tcp", iceServers: [] })).toBe(true);
    const server = { urls: ["turns:h:5349", "turn:h:3478"], username: "u", credential: "c" };
    const known = withCredentials(bare, [server]);
    expect(known.iceServers).toEqual([{ urls: ["turn:h:3478"], username: "u", credential: "c" }]);
    expect(canTry(known)).toBe(true);
    expect(canTry(withCredentials(bare, [{ ...server, urls: ["turn:other"] }]))).toBe(false);
  });
});
