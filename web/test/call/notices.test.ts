import { describe, expect, it } from "vitest";
import { anyOpen, canTry, checksOf, lossPctOf, median, networkWord, withCredentials } from "../../src/call/network";
import { type Circumstances, noticesOf, Silence, secondsUntil } from "../../src/call/notices";

const calm: Circumstances = {
  isWireLost: false,
  media: "connected",
  isTelephone: false,
  muteAsked: undefined,
  microphone: "works",
  camera: "works",
  withheld: new Set(),
  isMicSilent: false,
  deviceNews: undefined,
  isUplinkSlow: false,
  unseen: new Map(),
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
  it("says how many do not get the picture, unless the person's own way is why", () => {
    const unseen = new Map([
      ["screen", 1],
      ["camera", 2],
      ["second_camera", 0],
    ] as const);
    expect(noticesOf({ ...calm, unseen })).toEqual([
      { is: "unseen", source: "camera", people: 2 },
      { is: "unseen", source: "screen", people: 1 },
    ]);
    expect(told({ unseen, isUplinkSlow: true })).toEqual(["slow"]);
  });
  it("tells of a device that went or was replaced", () => {
    const deviceNews = { is: "replaced", kind: "microphone", label: "Micro intégré" } as const;
    expect(noticesOf({ ...calm, deviceNews })).toEqual([{ is: "device", news: deviceNews }]);
  });
  it("says nothing of a device that the person went in without, and why they did not get one that they tapped for", () => {
    expect(told({ camera: "refused", microphone: "refused" })).toEqual([]);
    const withheld = new Set(["camera", "microphone"] as const);
    expect(noticesOf({ ...calm, withheld, camera: "refused", microphone: "refused" })).toEqual([
      { is: "withheld", what: "both", why: "refused" },
    ]);
    expect(noticesOf({ ...calm, withheld, camera: "missing", microphone: "refused" })).toEqual([
      { is: "withheld", what: "microphone", why: "refused" },
      { is: "withheld", what: "camera", why: "missing" },
    ]);
    expect(told({ withheld, microphone: "in_use" })).toEqual(["taken"]);
    expect(told({ withheld })).toEqual([]);
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

/** Samples a microphone five times a second from `fromMs` to `toMs`, and tells whether it warned at the end. */
function listen(silence: Silence, fromMs: number, toMs: number, level: number | undefined, isOn = true): boolean {
  let isSilent = false;
  for (let now = fromMs; now <= toMs; now += 200) isSilent = silence.sample(now, level, isOn);
  return isSilent;
}

describe("Silence", () => {
  it("warns of a microphone that gives nothing for twenty seconds while it is on", () => {
    const silence = new Silence();
    expect(listen(silence, 0, 19_800, 0.05)).toBe(false);
    expect(listen(silence, 20_000, 20_000, 0.05)).toBe(true);
  });
  it("lets somebody listen quietly once they were heard", () => {
    const silence = new Silence();
    silence.sample(0, 0.5, true);
    expect(listen(silence, 200, 300_000, 0.01)).toBe(false);
  });
  it("notices a microphone that falls silent after it was heard, and that it comes back", () => {
    const silence = new Silence();
    silence.sample(0, 0.5, true);
    expect(listen(silence, 200, 59_800, 0)).toBe(false);
    expect(listen(silence, 60_000, 60_000, 0)).toBe(true);
    expect(listen(silence, 60_200, 60_200, 0.01)).toBe(false);
    expect(listen(silence, 60_400, 120_000, 0)).toBe(false);
    expect(listen(silence, 120_200, 120_200, 0)).toBe(true);
  });
  it("takes an unknown level for no silence", () => {
    const silence = new Silence();
    expect(listen(silence, 0, 120_000, undefined)).toBe(false);
    // A context that was suspended for a minute has measured nothing in it.
    expect(listen(silence, 120_200, 139_800, 0)).toBe(false);
    expect(listen(silence, 140_000, 140_200, 0)).toBe(true);
  });
  it("does not count the time during which it is off, or the page asleep", () => {
    const silence = new Silence();
    listen(silence, 0, 10_000, 0);
    listen(silence, 10_200, 15_000, 0, false);
    expect(listen(silence, 15_200, 35_000, 0)).toBe(false);
    const heard = new Silence();
    heard.sample(0, 0.5, true);
    expect(heard.sample(300_000, 0, true)).toBe(false);
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
  it("is unsteady when checks get lost, and that is worse than slow", () => {
    expect(networkWord({ rttMs: 40, isUdpOpen: true, lossPct: 3 })).toBe("good");
    expect(networkWord({ rttMs: 900, isUdpOpen: true, lossPct: 10 })).toBe("lossy");
  });
  it("counts checks of the pair that works, and not the last one of each, which may be under way", () => {
    const report = new Map<string, object>([
      ["a", { type: "candidate-pair", requestsSent: 9, responsesReceived: 0 }],
      ["b", { type: "candidate-pair", requestsSent: 8, responsesReceived: 6 }],
      ["c", { type: "transport" }],
    ]) as unknown as RTCStatsReport;
    expect(checksOf(report)).toEqual({ sent: 8, answered: 6 });
    expect(checksOf(new Map([["c", { type: "candidate-pair" }]]) as unknown as RTCStatsReport)).toBeUndefined();
    const eight = { sent: 8, answered: 7 };
    expect(lossPctOf([eight, eight])).toBe(0);
    expect(lossPctOf([eight, { sent: 8, answered: 0 }])).toBe(50);
    expect(lossPctOf([eight, undefined])).toBeUndefined();
    expect(lossPctOf([])).toBeUndefined();
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
