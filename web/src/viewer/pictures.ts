import type { PictureFormatWord, PictureHeader } from "../protocol";

/** Where pictures are decoded and drawn. */
export interface Easel<P> {
  decode(format: PictureFormatWord, bytes: Uint8Array): Promise<P>;
  draw(picture: P, header: PictureHeader): void;
  /** Lets go of a decoded picture. */
  release(picture: P): void;
  clear(): void;
}

/**
 * Decodes one picture at a time and draws what is newest: a picture that came while another was decoded waits, and is
 * replaced by one that comes later. A picture of an older revision is never drawn over a newer one; the last one stays until
 * the next is there.
 *
 * Every picture is acknowledged once, in order, drawn or not: the gateway counts them, and waits for the ones it has sent.
 */
export class PictureQueue<P> {
  #easel: Easel<P>;
  #acknowledge: (sequence: number) => void;
  #onDrawn: (header: PictureHeader) => void;
  #waiting: { header: PictureHeader; bytes: Uint8Array } | undefined;
  #isDecoding = false;
  /** Pictures that were replaced before their turn; acknowledged with the one that replaced them. */
  #skipped: number[] = [];
  #drawn: PictureHeader | undefined;
  /** Pictures of earlier revisions show what is shared no more. */
  #oldestRevision = 0;
  /** Counts connections: what was begun for an earlier one is dropped. */
  #era = 0;
  /** Counts views: what was begun for an earlier one is acknowledged, and not drawn. */
  #view = 0;

  constructor(easel: Easel<P>, acknowledge: (sequence: number) => void, onDrawn: (header: PictureHeader) => void) {
    this.#easel = easel;
    this.#acknowledge = acknowledge;
    this.#onDrawn = onDrawn;
  }

  /** A picture has come. */
  receive(header: PictureHeader, bytes: Uint8Array): void {
    if (this.#isStale(header)) {
      this.#acknowledge(header.sequence);
      return;
    }
    if (this.#waiting) this.#skipped.push(this.#waiting.header.sequence);
    this.#waiting = { header, bytes };
    this.#next();
  }

  /** A new connection counts from the beginning. What is drawn stays until its first picture. */
  restart(): void {
    this.#era += 1;
    this.#waiting = undefined;
    this.#skipped = [];
    this.#isDecoding = false;
    this.#drawn = undefined;
    this.#oldestRevision = 0;
  }

  /** Nothing is shown since `revision`: the surface goes black, and pictures of earlier revisions are not drawn any more. */
  clear(revision: number): void {
    this.#oldestRevision = revision;
    this.#drawn = undefined;
    this.#easel.clear();
  }

  /** Another view begins, whose revisions say nothing of those before: the surface goes black until its first picture. */
  forget(): void {
    this.#view += 1;
    if (this.#waiting) this.#acknowledge(this.#waiting.header.sequence);
    this.#waiting = undefined;
    this.#drawn = undefined;
    this.#oldestRevision = 0;
    this.#easel.clear();
  }

  #isStale(header: PictureHeader): boolean {
    return (
      header.revision < Math.max(this.#oldestRevision, this.#drawn?.revision ?? 0) ||
      header.sequence <= (this.#drawn?.sequence ?? -1)
    );
  }

  #next(): void {
    if (this.#isDecoding || !this.#waiting) return;
    const { header, bytes } = this.#waiting;
    this.#waiting = undefined;
    this.#isDecoding = true;
    void this.#show(header, bytes, this.#era, this.#view);
  }

  async #show(header: PictureHeader, bytes: Uint8Array, era: number, view: number): Promise<void> {
    let picture: P | undefined;
    try {
      picture = await this.#easel.decode(header.format, bytes);
    } catch (cause) {
      console.warn(`picture ${header.sequence} cannot be decoded`, cause);
    }
    const isCurrent = era === this.#era;
    if (picture !== undefined) {
      if (isCurrent && view === this.#view && !this.#isStale(header)) {
        this.#easel.draw(picture, header);
        this.#drawn = header;
        this.#onDrawn(header);
      }
      this.#easel.release(picture);
    }
    if (!isCurrent) return;
    const before = this.#skipped.filter((sequence) => sequence < header.sequence);
    this.#skipped = this.#skipped.filter((sequence) => sequence > header.sequence);
    for (const sequence of [...before, header.sequence]) this.#acknowledge(sequence);
    this.#isDecoding = false;
    this.#next();
  }
}

/** Whether a picture is of exactly the surface that it is for: it is drawn as it is, and nothing is scaled. */
export const isExact = ({ width, height, surfaceWidth, surfaceHeight, part }: PictureHeader): boolean =>
  width === surfaceWidth &&
  height === surfaceHeight &&
  part.every((value, index) => Math.abs(value - ([0, 0, width, height][index] ?? 0)) < 1e-6);

/**
 * A canvas as an easel. Its pixels are those of the surface that the picture is for; CSS fits them into the page. Of a picture that
 * is shared with other surfaces the part for this one is drawn.
 */
export function canvasEasel(canvas: HTMLCanvasElement): Easel<ImageBitmap> {
  const context = canvas.getContext("2d", { alpha: false });
  return {
    // The gateway's pictures carry no colour profile, so nothing is converted. To ask for that makes Chromium a third slower.
    decode: (format, bytes) =>
      createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: `image/${format}` })),
    draw(picture, header) {
      const { surfaceWidth: width, surfaceHeight: height, part } = header;
      if (canvas.width !== width) canvas.width = width;
      if (canvas.height !== height) canvas.height = height;
      if (!context) return;
      if (isExact(header)) {
        context.drawImage(picture, 0, 0);
        return;
      }
      // The part may reach beyond the picture.
      context.clearRect(0, 0, width, height);
      context.imageSmoothingQuality = "high";
      context.drawImage(picture, ...part, 0, 0, width, height);
    },
    release: (picture) => picture.close(),
    clear: () => context?.clearRect(0, 0, canvas.width, canvas.height),
  };
}
