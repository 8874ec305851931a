/** What a page has received until a moment, added up over all of its connections. */
export type Moment = {
  /** Milliseconds since 1970. */
  at: number;
  audioPackets: number;
  /** Samples that were played; `concealed` of them were made up, and not for want of sound (W3C WebRTC statistics). */
  samples: number;
  concealed: number;
  frames: number;
  freezes: number;
};

/** Ten moments a second. */
export type Course = Moment[];

/** Runs in a page before its own scripts: notes its connections, and what they receive. */
export function watchMedia(): void {
  const EVERY_MS = 100;
  const zero = { audioPackets: 0, samples: 0, concealed: 0, frames: 0, freezes: 0 };
  type Sum = typeof zero;
  // What each source has brought, also after it has gone.
  const peers: { peer: RTCPeerConnection; sources: Map<string, Sum> }[] = [];
  const course: Course = [];
  const mediaPeers: RTCPeerConnection[] = [];
  Object.assign(globalThis, { mediaCourse: course, mediaPeers });
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      peers.push({ peer: this, sources: new Map() });
      mediaPeers.push(this);
    }
  };
  const look = async (peer: RTCPeerConnection, sources: Map<string, Sum>) => {
    (await peer.getStats()).forEach((entry: Record<string, number> & { id: string; type: string; kind: string }) => {
      if (entry.type !== "inbound-rtp") return;
      const isAudio = entry.kind === "audio";
      const seen = sources.get(entry.id);
      const sum: Sum = {
        audioPackets: isAudio ? (entry.packetsReceived ?? 0) : 0,
        samples: isAudio ? (entry.totalSamplesReceived ?? 0) : 0,
        concealed: isAudio ? (entry.concealedSamples ?? 0) - (entry.silentConcealedSamples ?? 0) : 0,
        frames: entry.framesDecoded ?? 0,
        freezes: entry.freezeCount ?? 0,
      };
      // A name that is used again counts from nothing.
      const isAgain = seen && (sum.audioPackets < seen.audioPackets || sum.frames < seen.frames);
      if (isAgain) sources.set(`${entry.id} until ${Date.now()}`, seen);
      sources.set(entry.id, sum);
    });
  };
  const note = async () => {
    const moment = { at: Date.now(), ...zero };
    for (const { peer, sources } of peers) {
      if (peer.connectionState !== "closed") await look(peer, sources).catch(() => undefined);
      for (const sum of sources.values())
        for (const name of Object.keys(zero) as (keyof Sum)[]) moment[name] += sum[name];
    }
    course.push(moment);
    setTimeout(note, EVERY_MS);
  };
  setTimeout(note, EVERY_MS);
}

/** The last moment until then. */
function until(course: Course, at: number): Moment | undefined {
  const after = course.findIndex((moment) => moment.at > at);
  return after < 0 ? course.at(-1) : course[after - 1];
}

/** How much of the sound between two times was made up, in percent. */
export function concealedPercent(course: Course, from: number, to: number): number {
  const [first, last] = [until(course, from), until(course, to)];
  if (!first || !last || last.samples === first.samples) return 100;
  return (100 * (last.concealed - first.concealed)) / (last.samples - first.samples);
}

/** How much was counted between two times. */
export function counted(course: Course, name: keyof Moment, from: number, to: number): number {
  return (until(course, to)?.[name] ?? 0) - (until(course, from)?.[name] ?? 0);
}

/**
 * How long after `since` something came steadily again: from the first moment at which it has grown and after which it grows in
 * each of four half seconds. In milliseconds; `undefined` if it did not come back.
 */
export function backAfterMs(course: Course, name: "audioPackets" | "frames", since: number): number | undefined {
  const HALF_SECOND_MS = 500;
  for (const [place, moment] of course.entries()) {
    const before = course[place - 1];
    if (!before || moment.at <= since || moment[name] <= before[name]) continue;
    const isSteady = [0, 1, 2, 3].every((step) => {
      const from = moment.at + step * HALF_SECOND_MS;
      return counted(course, name, from, from + HALF_SECOND_MS) > 0;
    });
    if (isSteady) return moment.at - since;
  }
  return undefined;
}

/** The longest time between two times in which nothing came, in milliseconds. */
export function longestGapMs(course: Course, name: "audioPackets" | "frames", from: number, to: number): number {
  let [longest, grownAt] = [0, from];
  let before = until(course, from)?.[name] ?? 0;
  for (const moment of course) {
    if (moment.at <= from || moment.at > to) continue;
    if (moment[name] > before) {
      longest = Math.max(longest, moment.at - grownAt);
      grownAt = moment.at;
    }
    before = moment[name];
  }
  return Math.max(longest, to - grownAt);
}
