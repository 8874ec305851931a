import type { Wire } from "../wire";
import { gather, median, type NetworkFound, stunOf } from "./network";

const PINGS = 4;
const PING_MS = 3_000;
const UDP_MS = 4_000;

/** Looks at the network for a few seconds: how fast the wire answers, and whether UDP gets through. Holds nobody up. */
export async function lookAtNetwork(wire: Wire): Promise<NetworkFound> {
  const urls = stunOf(wire.welcome.peek()?.iceServers ?? []);
  const udp =
    urls.length === 0
      ? Promise.resolve(undefined)
      : gather({ config: { iceServers: [{ urls }] }, type: "srflx", timeoutMs: UDP_MS });
  const times: number[] = [];
  for (let place = 0; place < PINGS; place += 1) {
    const ms = await ping(wire);
    if (ms !== undefined) times.push(ms);
  }
  const rttMs = median(times);
  const udpMs = await udp;
  return {
    ...(rttMs === undefined ? {} : { rttMs }),
    ...(urls.length === 0 ? {} : { isUdpOpen: udpMs !== undefined }),
  };
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
