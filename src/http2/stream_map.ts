/**
 * Streams by their ids.
 *
 * @module
 */

/** What has the id of a stream. */
interface Identified {
  readonly id: number;
}

const MIN_SLOTS = 16;

/**
 * A hash table with open addressing, in place of a `Map`, for the reason that `Roster` is none: see
 * there.
 */
export class StreamMap<S extends Identified> {
  #slots: (S | undefined)[] = new Array(MIN_SLOTS).fill(undefined);
  #size = 0;

  /** Number of streams. */
  get size(): number {
    return this.#size;
  }

  /** The stream of that id. */
  get(id: number): S | undefined {
    return this.#slots[this.#find(id)];
  }

  /** Adds a stream whose id is new. */
  add(stream: S): void {
    // At most half of it is full, so that searches are short.
    if (2 * ++this.#size > this.#slots.length) this.#resize(2 * this.#slots.length);
    this.#slots[this.#find(stream.id)] = stream;
  }

  /** Takes a stream out. */
  delete(id: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let hole = this.#find(id);
    if (slots[hole] === undefined) return;
    this.#size--;
    // Those behind it move up, unless they would come before where their search begins.
    for (let at = (hole + 1) & mask; slots[at] !== undefined; at = (at + 1) & mask) {
      const home = homeOf(slots[at]!.id) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      slots[hole] = slots[at];
      hole = at;
    }
    slots[hole] = undefined;
  }

  /** All streams, as they are now. */
  values(): readonly S[] {
    return this.#slots.filter((stream) => stream !== undefined);
  }

  /** Its slot, or the one where it would go. */
  #find(id: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let at = homeOf(id) & mask;
    while (true) {
      const stream = slots[at];
      if (stream === undefined || stream.id === id) return at;
      at = (at + 1) & mask;
    }
  }

  #resize(length: number): void {
    const streams = this.values();
    this.#slots = new Array(length).fill(undefined);
    for (const stream of streams) this.#slots[this.#find(stream.id)] = stream;
  }
}

/** Clients use odd ids, one after the other. */
function homeOf(id: number): number {
  return id >>> 1;
}
