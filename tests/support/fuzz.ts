/**
 * Random input by the hundred thousand: faster than fast-check, and without making what fails smaller.
 * The title of what fails has the seed; `PROPERTY_SEED=<n>` tries that one again, and
 * `PROPERTY_RUNS=<n>` n times as many as an ordinary run does.
 *
 * @module
 */

const FACTOR = Number(Deno.env.get("PROPERTY_RUNS") ?? 1);
const SEED = Deno.env.get("PROPERTY_SEED");

/** Random numbers that are the same for the same seed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A number from 0 on, below `end`. */
  below(end: number): number {
    // Mulberry32.
    this.#state = this.#state + 0x6d2b79f5 | 0;
    let bits = Math.imul(this.#state ^ this.#state >>> 15, 1 | this.#state);
    bits = bits + Math.imul(bits ^ bits >>> 7, 61 | bits) ^ bits;
    return ((bits ^ bits >>> 14) >>> 0) % end;
  }

  /** Is true once in so many times. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  /** One of several. */
  pick<T>(values: ArrayLike<T>): T {
    return values[this.below(values.length)]!;
  }

  /** So many bytes. */
  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}

/** Tries something with random input so often. */
export async function fuzz(
  runs: number,
  attempt: (random: Random) => void | Promise<void>,
): Promise<void> {
  const first = Number(SEED ?? Math.floor(Math.random() * 2 ** 31));
  const seeds = SEED === undefined ? runs * FACTOR : 1;
  for (let seed = first; seed < first + seeds; seed++) {
    try {
      await attempt(new Random(seed));
    } catch (error) {
      throw new Error(`with PROPERTY_SEED=${seed}`, { cause: error });
    }
  }
}

/** Changes bytes in a few places, as a fault on the way would, or one who looks for faults. */
export function mutate(random: Random, bytes: Uint8Array): Uint8Array {
  let changed = Array.from(bytes);
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    const at = random.below(changed.length + 1);
    const part = changed.slice(at, at + 1 + random.below(8));
    switch (random.below(6)) {
      case 0:
        changed[at] = random.below(256);
        break;
      case 1:
        changed[at] = (changed[at] ?? 0) ^ 1 << random.below(8);
        break;
      case 2:
        changed.splice(at, part.length);
        break;
      case 3:
        changed.splice(at, 0, ...part);
        break;
      case 4:
        changed.splice(at, 0, ...random.bytes(1 + random.below(4)));
        break;
      case 5:
        changed = changed.slice(0, at);
    }
  }
  return Uint8Array.from(changed);
}
