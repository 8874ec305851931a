/** What the picture of a camera is like: `black` when nothing is to be seen in it, `frozen` when it stands still. */
export type SightWord = "good" | "black" | "frozen";

/** Mean of the luma, of 255, below which a picture is dark, and how far its pixels may lie from that: a lamp in the dark is something. */
const DARK = 16;
const EVEN = 6;
const BLACK_MS = 2_000;
/** The noise of a camera never leaves every pixel as it was. */
const FROZEN_MS = 5_000;

/** Judges a camera by samples of its picture, each the luma of the same pixels. Told the time, and does nothing itself. */
export class Sight {
  #word: SightWord | undefined;
  #darkSince: number | undefined;
  #sameSince = 0;
  #before: Uint8Array | undefined;

  /** What is known by now; undefined at first. No sample where the camera gives no picture at all. */
  sample(nowMs: number, luma: Uint8Array | undefined): SightWord | undefined {
    const before = this.#before;
    const isSame = before !== undefined && luma?.every((value, place) => value === before[place]);
    if (!isSame) this.#sameSince = nowMs;
    this.#before = luma;
    if (!luma || isDark(luma)) {
      this.#darkSince ??= nowMs;
      if (nowMs - this.#darkSince >= BLACK_MS) this.#word = "black";
      return this.#word;
    }
    this.#darkSince = undefined;
    if (!isSame && before) this.#word = "good";
    else if (isSame && nowMs - this.#sameSince >= FROZEN_MS) this.#word = "frozen";
    return this.#word;
  }
}

function isDark(luma: Uint8Array): boolean {
  let sum = 0;
  for (const value of luma) sum += value;
  const mean = sum / luma.length;
  let squares = 0;
  for (const value of luma) squares += (value - mean) ** 2;
  return mean < DARK && Math.sqrt(squares / luma.length) < EVEN;
}

const EVERY_MS = 500;
const WIDTH = 64;
const HEIGHT = 48;

/** Looks at what a video element shows, while the page is looked at, until the answer of this call is called. */
export function watchSight(video: HTMLVideoElement, tell: (word: SightWord) => void): () => void {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return () => undefined;
  // Single pixels and no means of them: their noise is what tells a live picture from a still one.
  context.imageSmoothingEnabled = false;
  let sight = new Sight();
  const timer = setInterval(() => {
    if (document.visibilityState !== "visible") {
      // Browsers stop a video that nobody sees.
      sight = new Sight();
      return;
    }
    const word = sight.sample(performance.now(), video.readyState < HAVE_PICTURE ? undefined : lumaOf(context, video));
    if (word) tell(word);
  }, EVERY_MS);
  return () => clearInterval(timer);
}

/** HTMLMediaElement.HAVE_CURRENT_DATA */
const HAVE_PICTURE = 2;

function lumaOf(context: CanvasRenderingContext2D, video: HTMLVideoElement): Uint8Array {
  context.drawImage(video, 0, 0, WIDTH, HEIGHT);
  const { data } = context.getImageData(0, 0, WIDTH, HEIGHT);
  const luma = new Uint8Array(WIDTH * HEIGHT);
  // ITU-R BT.601
  for (let at = 0; at < luma.length; at += 1)
    luma[at] = 0.299 * (data[4 * at] ?? 0) + 0.587 * (data[4 * at + 1] ?? 0) + 0.114 * (data[4 * at + 2] ?? 0);
  return luma;
}
