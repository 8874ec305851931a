/** So long after something was read out, the same subject is not read out again. */
export const DOSE_MS = 30_000;

/**
 * What is read out, a dose at a time: what comes and goes is told once, and again only when it is something else for good. Told the
 * time, and does nothing itself.
 */
export class Doses {
  #waiting = new Map<string, { text: string; doseMs: number }>();
  #told = new Map<string, { text: string; atMs: number }>();

  /** How a subject stands now; an empty text when there is nothing to tell of it any more. With `doseMs` 0 it never waits. */
  tell(subject: string, text: string, doseMs = DOSE_MS): void {
    this.#waiting.set(subject, { text, doseMs });
  }

  /** What is to be read out now; empty when there is nothing. */
  take(nowMs: number): string {
    const texts: string[] = [];
    for (const [subject, { text, doseMs }] of this.#waiting) {
      const told = this.#told.get(subject);
      if (told && nowMs - told.atMs < doseMs) continue;
      this.#waiting.delete(subject);
      if (text === "") this.#told.delete(subject);
      else if (doseMs === 0 || told?.text !== text) {
        texts.push(text);
        if (doseMs > 0) this.#told.set(subject, { text, atMs: nowMs });
      }
    }
    return texts.join(" ");
  }

  /** Whether anything waits for its time. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }
}
