import { expect, test } from "@playwright/test";
import { Call } from "./call";
import { figure, Network } from "./network";
import { backAfterMs, concealedPercent, counted, longestGapMs } from "./watch";

// Where somebody did not come back, the figure says that they had not in this time.
const NEVER_MS = 60_000;

/** A call through a network with this schedule; whatever happens, both end. */
async function through(
  seed: number,
  schedule: string,
  live: (call: Call, network: Network) => Promise<void>,
  isBadFromTheBeginning = false,
) {
  const call = await Call.prepare();
  const network = await Network.lay(call.folder, seed, schedule);
  try {
    if (isBadFromTheBeginning) network.go();
    await call.begin();
    if (!isBadFromTheBeginning) network.go();
    await live(call, network);
  } finally {
    const counts = await network.end();
    console.log(`      packets up ${JSON.stringify(counts.up)}, down ${JSON.stringify(counts.down)}`);
    await call.end();
  }
}

const worst = (values: number[]) => Math.max(...values);
/** The smallest value that 95 % of all do not exceed: nearest rank. */
const p95 = (values: number[]) => [...values].sort((a, b) => a - b)[Math.ceil(0.95 * values.length) - 1] ?? NEVER_MS;

/** Back again, by person, of sound and of pictures. */
async function back(call: Call, since: number): Promise<{ audio: number[]; video: number[] }> {
  const { patient, doctor } = await call.courses();
  const of = (name: "audioPackets" | "frames") =>
    [patient, doctor].map((course) => backAfterMs(course, name, since) ?? NEVER_MS);
  return { audio: of("audioPackets"), video: of("frames") };
}

test("a call holds at a fifth of all packets lost and 100 ms of jitter", async () => {
  const schedule = "0s both delay=20ms\n5s both delay=20ms jitter=100ms loss=20%\n45s both delay=20ms\n";
  await through(2026_11, schedule, async (call, network) => {
    await network.until(46);
    const { patient, doctor } = await call.courses();
    // The first seconds are for the jitter buffer to find its length.
    const [from, to] = [network.at(10), network.at(45)];
    const concealed = [patient, doctor].map((course) => concealedPercent(course, from, to));
    const frames = [patient, doctor].map((course) => counted(course, "frames", from, to) / 35);
    const rates = frames.map((rate) => rate.toFixed(1)).join(" and ");
    figure("net.loss20.concealment_pct", concealed, `patient, doctor; ${rates} pictures a second`);
    expect(worst(concealed)).toBeLessThan(15);
    // It holds: both still hear and see.
    for (const course of [patient, doctor]) {
      expect(counted(course, "audioPackets", network.at(43), network.at(45))).toBeGreaterThan(20);
      expect(counted(course, "frames", network.at(25), network.at(45))).toBeGreaterThan(0);
    }
  });
});

test("after ten seconds of nothing both are back without a click", async () => {
  const ROUNDS = 3;
  const ROUND_S = 50;
  const rounds = [...Array(ROUNDS).keys()].map((round) => round * ROUND_S);
  const schedule = rounds
    .map((start) => `${start}s both delay=20ms\n${start + 5}s both blackout\n${start + 15}s both delay=20ms\n`)
    .join("");
  await through(2026_12, schedule, async (call, network) => {
    const audio: number[] = [];
    const video: number[] = [];
    for (const start of rounds) {
      await network.until(start + ROUND_S - 1);
      const round = await back(call, network.at(start + 15));
      audio.push(...round.audio);
      video.push(...round.video);
    }
    const note = `patient, doctor, of each of ${ROUNDS} blackouts`;
    figure("net.blackout10.audio_back_ms", audio, note);
    figure("net.blackout10.video_back_ms", video, note);
    expect(worst(audio)).toBeLessThanOrEqual(2_000);
    expect(worst(video)).toBeLessThanOrEqual(4_000);
  });
});

test("when the server is killed and started again everybody comes back", async () => {
  const RESTARTS = 3;
  await through(2026_13, "0s both delay=20ms\n", async (call) => {
    const rejoin: number[] = [];
    for (let round = 0; round < RESTARTS; round += 1) {
      const killedAt = await call.server.kill();
      await call.server.start();
      await expect
        .poll(() => back(call, killedAt).then(({ audio, video }) => worst([...audio, ...video])), { timeout: NEVER_MS })
        .toBeLessThan(NEVER_MS)
        .catch(() => undefined);
      const { audio, video } = await back(call, killedAt);
      rejoin.push(...audio.map((ms, place) => Math.max(ms, video[place] ?? NEVER_MS)));
    }
    figure("net.restart.rejoin_ms", rejoin, `patient, doctor, of each of ${RESTARTS} restarts`);
    expect(p95(rejoin)).toBeLessThanOrEqual(8_000);
  });
});

test("a patient whose address changes comes back", async () => {
  const schedule = "0s both delay=20ms\n5s address 10.77.0.3\n50s address 10.77.0.4\n";
  await through(2026_14, schedule, async (call, network) => {
    const audio: number[] = [];
    const video: number[] = [];
    for (const [from, to] of [
      [5, 49],
      [50, 94],
    ] as const) {
      await network.until(to + 1);
      const { patient, doctor } = await call.courses();
      for (const course of [patient, doctor]) {
        audio.push(longestGapMs(course, "audioPackets", network.at(from), network.at(to)));
        video.push(longestGapMs(course, "frames", network.at(from), network.at(to)));
      }
    }
    const note = "patient, doctor, after each of 2 changes";
    figure("net.address.audio_gap_ms", audio, note);
    figure("net.address.video_gap_ms", video, note);
    expect(worst(audio)).toBeLessThanOrEqual(10_000);
    expect(worst(video)).toBeLessThanOrEqual(10_000);
  });
});

test("a call goes on when UDP is blocked in its middle", async () => {
  await through(2026_16, "0s both delay=20ms\n5s both delay=20ms block=udp\n", async (call, network) => {
    await network.until(36);
    const { patient, doctor } = await call.courses();
    const gap = (name: "audioPackets" | "frames") =>
      [patient, doctor].map((course) => longestGapMs(course, name, network.at(5), network.at(35)));
    figure("net.udp_blocked.audio_gap_ms", gap("audioPackets"), "patient, doctor");
    figure("net.udp_blocked.video_gap_ms", gap("frames"), "patient, doctor");
    expect(worst(gap("audioPackets"))).toBeLessThanOrEqual(7_000);
  });
});

// The demonstration has no TLS: its one port carries plain HTTP, ICE-TCP and the relay.
test("a call comes up with the demonstration's one TCP port and nothing else", async () => {
  // It has come up when both are seen and heard, which the beginning waits for.
  const live = async (call: Call) => {
    const { patient, doctor } = await call.courses();
    for (const course of [patient, doctor]) expect(course.at(-1)?.audioPackets).toBeGreaterThan(0);
  };
  await through(2026_15, "0s both delay=20ms only=8080\n", live, true);
});
