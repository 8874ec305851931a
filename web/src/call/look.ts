import { call } from "../api";
import type { DiagReport, IceServer } from "../protocol";
import type { Wire } from "../wire";
import { anyOpen, canTry, lossPctOf, median, type NetworkFound, tryWay, type Way, withCredentials } from "./network";

const PINGS = 4;
const PING_MS = 3_000;
const WAY_MS = 4_000;
/** Browsers check a path that works about once a second: four of them side by side give two dozen checks in so long. */
const STAY_MS = 5_000;
const SIDE_BY_SIDE = 4;

/** Looks at the network for a few seconds: how fast the wire answers, and by which way media come through. Holds nobody up. */
export async function lookAtNetwork(wire: Wire): Promise<NetworkFound> {
  const ways = lookAtWays(wire);
  const times: number[] = [];
  for (let place = 0; place < PINGS; place += 1) {
    const ms = await ping(wire);
    if (ms !== undefined) times.push(ms);
  }
  const rttMs = median(times);
  return { ...(rttMs === undefined ? {} : { rttMs }), ...(await ways) };
}

/** What the ways have shown; nothing when they could not be asked for. Never throws: the wire is measured meanwhile. */
async function lookAtWays(wire: Wire): Promise<Omit<NetworkFound, "rttMs">> {
  try {
    const { rungs } = await call<DiagReport>("GET", "/api/diag");
    return await tryWays(rungs, wire.welcome.peek()?.iceServers ?? []);
  } catch (cause) {
    console.info("no report of the ways", cause);
    return {};
  }
}

/** UDP first, alone, and how much of it gets lost. Only where it is closed, all the others at once. */
async function tryWays(ways: readonly Way[], known: readonly IceServer[]): Promise<Omit<NetworkFound, "rttMs">> {
  const isOpen = async (way: Way) => (canTry(way) ? (await tryWay(way, WAY_MS)) !== undefined : undefined);
  const udp = ways.find(({ path }) => path === "udp");
  if (!udp) return {};
  const trials = await Promise.all(Array.from({ length: SIDE_BY_SIDE }, () => tryWay(udp, WAY_MS, STAY_MS)));
  if (trials.some((trial) => trial !== undefined)) {
    const lossPct = lossPctOf(trials.map((trial) => trial?.checks));
    return { isUdpOpen: true, ...(lossPct === undefined ? {} : { lossPct }) };
  }
  const others = ways.filter((way) => way !== udp).map((way) => isOpen(withCredentials(way, known)));
  const isDetourOpen = anyOpen(await Promise.all(others));
  return { isUdpOpen: false, ...(isDetourOpen === undefined ? {} : { isDetourOpen }) };
}

function ping(wire: Wire): Promise<number | undefined> {
  return new Promise((resolve) => {
    const begin = performance.now();
    const end = (ms: number | undefined) => {
      clearTimeout(timer);
      stop();
      resolve(ms);
    };
    const timer = setTimeout(() => end(undefined), PING_MS);
    const stop = wire.on("pong", () => end(performance.now() - begin));
    wire.send({ type: "ping" });
  });
}
