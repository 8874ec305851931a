/**
 * The newest wish for each of several things that come late. What comes for an older wish, or for one that was taken back in the
 * meantime, is not wanted any more.
 */
export class Wishes<K extends string> {
  #open = new Map<K, symbol>();

  /** A new wish; older ones for the same thing are void. */
  make(key: K): symbol {
    const wish = Symbol(key);
    this.#open.set(key, wish);
    return wish;
  }

  takeBack(key: K): void {
    this.#open.delete(key);
  }

  /** Whether this wish, or any without one named, still waits for its answer. */
  isOpen(key: K, wish = this.#open.get(key)): boolean {
    return wish !== undefined && this.#open.get(key) === wish;
  }

  /** Answers a wish. False when it is void, and then what has come must be given back. */
  settle(key: K, wish: symbol): boolean {
    const isWanted = this.isOpen(key, wish);
    if (isWanted) this.takeBack(key);
    return isWanted;
  }
}
