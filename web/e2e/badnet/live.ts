import { expect, type Page } from "@playwright/test";
import type { PathWord } from "../../src/protocol";
import { type CallStats, stats } from "../gateway";

/** What must have come of a person since a step: a few pictures, and half a second of sound. */
const PICTURES = 10;
const SOUNDS = 25;
const NOTHING = { framesDecoded: 0, audioPackets: 0, audioEnergy: 0 };
const LIMIT_MS = 60_000;

type Of = CallStats["people"][string];

/** Whose picture the page says does not come, and why. */
const pausedOn = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const { paused } = (globalThis as unknown as { parvisCall: { paused: { value: Map<string, string> } } }).parvisCall;
    return [...paused.value].map(([key, reason]) => `${key}: ${reason}`).join(", ");
  });

/** How far each connection of a page has come. */
const connectionsOn = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const { mediaPeers } = globalThis as unknown as { mediaPeers: RTCPeerConnection[] };
    const states = mediaPeers.map(
      (peer) =>
        `${peer.signalingState}, ICE ${peer.iceGatheringState} and ${peer.iceConnectionState}, ${peer.connectionState}`,
    );
    return `${document.visibilityState}; connections: ${states.join("; ") || "none"}`;
  });

/**
 * Everybody sees and hears every other one from now on: what came before does not count. Nobody has anything of those who are
 * gone any more. The answer is how long that took, in milliseconds.
 */
export async function expectAllLive(people: Record<string, Page>, gone: readonly string[] = []): Promise<number> {
  const begun = Date.now();
  const everybody = Object.entries(people);
  const look = () => Promise.all(everybody.map(([, page]) => stats(page)));
  const before = await look();
  const missing = async () => {
    const now = await look();
    return everybody.flatMap(([name, _], viewer) => {
      const faults = gone.filter((id) => now[viewer]?.people[id]).map(() => `${name} still has somebody who is gone`);
      for (const [other, [whom]] of everybody.entries()) {
        const id = now[other]?.self ?? "";
        if (other === viewer) continue;
        const is: Of = now[viewer]?.people[id] ?? NOTHING;
        let was: Of = before[viewer]?.people[id] ?? NOTHING;
        // A connection that was made anew counts from nothing.
        if (is.framesDecoded < was.framesDecoded || is.audioPackets < was.audioPackets) {
          was = NOTHING;
          if (before[viewer]) before[viewer].people[id] = NOTHING;
        }
        const [pictures, sounds] = [is.framesDecoded - was.framesDecoded, is.audioPackets - was.audioPackets];
        if (pictures < PICTURES) faults.push(`${name} does not see ${whom} (${id}): ${pictures} pictures`);
        const isHeard = sounds >= SOUNDS && is.audioEnergy > was.audioEnergy;
        if (!isHeard) faults.push(`${name} does not hear ${whom} (${id}): ${sounds} packets`);
      }
      return faults;
    });
  };
  try {
    await expect.poll(missing, { timeout: LIMIT_MS, intervals: [250] }).toEqual([]);
  } catch (cause) {
    // What tells a picture that the gateway holds back from one that was never encoded.
    for (const [place, [name, page]] of everybody.entries()) {
      const { sent } = await stats(page);
      const encoded = sent.framesEncoded - (before[place]?.sent.framesEncoded ?? 0);
      console.log(`      ${name} has encoded ${encoded} pictures; paused there: ${await pausedOn(page)}`);
      console.log(`      ${name}: ${await connectionsOn(page)}`);
    }
    throw cause;
  }
  return Date.now() - begun;
}

/** How the connections of a page get through, by the statistics of the browser alone. */
export const waysOf = (page: Page): Promise<PathWord[]> =>
  page.evaluate(async () => {
    const { mediaPeers } = globalThis as unknown as { mediaPeers: RTCPeerConnection[] };
    const connected = mediaPeers.filter((peer) => peer.connectionState === "connected");
    const ways = await Promise.all(
      connected.map(async (peer): Promise<PathWord> => {
        const report = new Map<string, Record<string, unknown>>();
        for (const [id, entry] of await peer.getStats()) report.set(id, entry);
        const all = [...report.values()];
        const named = all.find(({ type, selectedCandidatePairId }) => type === "transport" && selectedCandidatePairId);
        const pair =
          report.get(String(named?.selectedCandidatePairId)) ??
          all.find(({ type, selected }) => type === "candidate-pair" && selected === true);
        const local = report.get(String(pair?.localCandidateId));
        if (!local) throw new Error("a connection without a way");
        if (local.candidateType === "relay") return `relay_${local.relayProtocol}` as PathWord;
        return local.protocol as PathWord;
      }),
    );
    return ways;
  });
