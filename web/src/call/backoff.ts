const FIRST_MS = 500;
const LAST_MS = 5_000;

/**
 * How long to wait before the try after `tries` that failed, in milliseconds: twice as long each time, from half a second to five
 * seconds. `chance`, from 0 to 1, spreads the upper half, so that a ward does not come back in one moment.
 */
export function waitMs(tries: number, chance: number): number {
  const longest = Math.min(LAST_MS, FIRST_MS * 2 ** tries);
  return Math.max(FIRST_MS, longest * (0.5 + chance / 2));
}
