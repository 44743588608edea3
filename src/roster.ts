/**
 * Things that come and go in great numbers, such as calls in progress.
 *
 * @module
 */

/** Where something stands in the one {@linkcode Roster} that it may be in. */
export interface Listed {
  /** For the roster alone. */
  rosterIndex: number;
}

/**
 * A set of things that are in no other. A `Set` would make half of all garbage live long: V8 copies its
 * table when it is full of what was deleted, and the old ones, which are found dead only by a collection
 * of everything, keep alive what was in the set at the time, and the tables that followed.
 */
export class Roster<T extends Listed> {
  readonly #items: T[] = [];

  /** Number of things. */
  get size(): number {
    return this.#items.length;
  }

  /** Adds what is not in it. */
  add(item: T): void {
    item.rosterIndex = this.#items.push(item) - 1;
  }

  /** Takes it out, if it is in it. */
  delete(item: T): void {
    const index = item.rosterIndex;
    if (this.#items[index] !== item) return;
    const last = this.#items.pop()!;
    if (last === item) return;
    this.#items[index] = last;
    last.rosterIndex = index;
  }

  /** All that are in it now. */
  values(): readonly T[] {
    return [...this.#items];
  }
}
