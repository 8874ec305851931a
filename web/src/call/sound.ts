import { type Signal, signal } from "@preact/signals";

/** Whether sounds of this page are heard: `suspended` waits for a tap, `none` is a browser without, or that nobody has asked yet. */
export const soundState: Signal<AudioContextState | "none"> = signal("none");

/** One audio context for the page: made on the first tap, since browsers refuse sound before. */
let context: AudioContext | undefined;

/** The context, running if the browser lets it. Call it from a tap the first time. */
export function audio(): AudioContext | undefined {
  if (typeof AudioContext === "undefined") return undefined;
  context ??= begun();
  // An `interrupted` context (a telephone call on iOS) comes back by itself and must not be resumed.
  if (context.state === "suspended") void context.resume().catch(() => undefined);
  return context;
}

function begun(): AudioContext {
  const made = new AudioContext();
  const look = () => {
    soundState.value = made.state;
  };
  made.onstatechange = look;
  look();
  return made;
}

/** Plays notes one after the other, softly at both ends, through a speaker where the browser lets it be chosen. Resolves when the last has faded. */
export async function play(notesHz: readonly number[], noteMs = 350, speaker = ""): Promise<void> {
  const sound: (AudioContext & { setSinkId?(deviceId: string): Promise<void> }) | undefined = audio();
  if (!sound) return;
  await sound.setSinkId?.(speaker).catch((cause) => console.info("the speaker that was chosen is not there", cause));
  const begin = sound.currentTime + 0.05;
  notesHz.forEach((hz, place) => {
    const at = begin + (place * noteMs) / 1000;
    const end = at + (noteMs * 1.6) / 1000;
    const tone = sound.createOscillator();
    const volume = sound.createGain();
    tone.frequency.value = hz;
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(0.25, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, end);
    tone.connect(volume).connect(sound.destination);
    tone.start(at);
    tone.stop(end);
  });
  await new Promise((resolve) => setTimeout(resolve, notesHz.length * noteMs + 600));
}

/** The sound of the device test: three notes up. */
export const playTest = (speaker?: string): Promise<void> => play([523, 659, 784], 350, speaker);

/** The sound of being let in: two notes down, like a door. */
export const playChime = (): Promise<void> => play([784, 523], 450);

/**
 * How loud samples between -1 and 1 are together, from 0 (not one of them moves) to 1. Quiet speech lies near a root mean square of
 * 0.02 and loud speech near 0.3; the second root spreads that over a bar.
 */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample ** 2;
  return Math.min(1, Math.sqrt(Math.sqrt(sum / samples.length)) * 1.4);
}

/** Measures how loud a track is, for as long as it is not closed. */
export class Meter {
  #source: MediaStreamAudioSourceNode | undefined;
  #analyser: AnalyserNode | undefined;

  constructor(track: MediaStreamTrack) {
    const sound = audio();
    if (!sound) return;
    try {
      const analyser = sound.createAnalyser();
      analyser.fftSize = 512;
      this.#source = sound.createMediaStreamSource(new MediaStream([track]));
      this.#source.connect(analyser);
      this.#analyser = analyser;
    } catch (cause) {
      // Firefox refuses a microphone of another sample rate. The microphone itself works; only the bar stays empty.
      console.info("the loudness of the microphone cannot be shown", cause);
    }
  }

  /** As `loudness` has it. Undefined where nothing is measured: a context that does not run gives silence for anything. */
  level(): number | undefined {
    if (!this.#analyser || context?.state !== "running") return undefined;
    const samples = new Float32Array(this.#analyser.fftSize);
    this.#analyser.getFloatTimeDomainData(samples);
    return loudness(samples);
  }

  close(): void {
    this.#source?.disconnect();
    this.#source = undefined;
    this.#analyser = undefined;
  }
}
