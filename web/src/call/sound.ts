/** One audio context for the page: made on the first tap, since browsers refuse sound before. */
let context: AudioContext | undefined;

/** The context, running if the browser lets it. Call it from a tap the first time. */
export function audio(): AudioContext | undefined {
  if (typeof AudioContext === "undefined") return undefined;
  context ??= new AudioContext();
  // An `interrupted` context (a telephone call on iOS) comes back by itself and must not be resumed.
  if (context.state === "suspended") void context.resume().catch(() => undefined);
  return context;
}

/** Plays notes one after the other, softly at both ends. Resolves when the last has faded. */
export async function play(notesHz: readonly number[], noteMs = 350): Promise<void> {
  const sound = audio();
  if (!sound) return;
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
export const playTest = (): Promise<void> => play([523, 659, 784]);

/** The sound of being let in: two notes down, like a door. */
export const playChime = (): Promise<void> => play([784, 523], 450);

/** Measures how loud a track is, from 0 (silence) to 1, for as long as it is not closed. */
export class Meter {
  #source: MediaStreamAudioSourceNode | undefined;
  #analyser: AnalyserNode | undefined;
  #samples: Uint8Array<ArrayBuffer> | undefined;

  constructor(track: MediaStreamTrack) {
    const sound = audio();
    if (!sound) return;
    this.#analyser = sound.createAnalyser();
    this.#analyser.fftSize = 512;
    this.#samples = new Uint8Array(this.#analyser.fftSize);
    try {
      this.#source = sound.createMediaStreamSource(new MediaStream([track]));
      this.#source.connect(this.#analyser);
    } catch (cause) {
      // Firefox refuses a microphone of another sample rate. The microphone itself works; only the bar stays empty.
      console.info("the loudness of the microphone cannot be shown", cause);
    }
  }

  level(): number {
    if (!this.#analyser || !this.#samples) return 0;
    this.#analyser.getByteTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += ((sample - 128) / 128) ** 2;
    // Quiet speech lies near 0.02 and loud speech near 0.3; the root spreads it over the bar.
    return Math.min(1, Math.sqrt(Math.sqrt(sum / this.#samples.length)) * 1.4);
  }

  close(): void {
    this.#source?.disconnect();
    this.#source = undefined;
    this.#analyser = undefined;
  }
}
