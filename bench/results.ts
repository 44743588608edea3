/**
 * What has been measured so far: for each contestant, samples of each metric, and its crashes.
 *
 * @module
 */

/** A metric that is none of the rows. */
export type Extra =
  | "coldStartMs"
  | "rssStartKib"
  | "rssPeakKib"
  | "rssIdleKib"
  | "cpuUs"
  | "busyShare"
  | "pacedRate"
  | "p50"
  | "p99"
  | "p999"
  | "commonRate"
  | "commonP50"
  | "commonP99";

/** A server that died. */
export interface Crash {
  /** At which work, as tables have it. */
  readonly what: string;
  /** The signal, or the exit code. */
  readonly ending: string;
}

/** Samples by contestant and metric. */
export class Results {
  readonly #samples = new Map<string, number[]>();
  readonly #crashes = new Map<string, Crash[]>();
  readonly #failures = new Map<string, Set<string>>();

  /** Notes a sample. */
  add(contestant: string, metric: string, value: number): void {
    append(this.#samples, `${contestant} ${metric}`, value);
  }

  /** The samples, of which there may be none. */
  samples(contestant: string, metric: string): readonly number[] {
    return this.#samples.get(`${contestant} ${metric}`) ?? [];
  }

  /** The middle one of the samples. */
  median(contestant: string, metric: string): number | undefined {
    const sorted = this.samples(contestant, metric).toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
  }

  /** Notes that a server died, at what, and how. */
  addCrash(contestant: string, what: string, ending: string): void {
    append(this.#crashes, contestant, { what, ending });
  }

  /** The servers that died. */
  crashes(contestant: string): readonly Crash[] {
    return this.#crashes.get(contestant) ?? [];
  }

  /** Notes what went wrong in a row. */
  addFailure(contestant: string, what: string): void {
    const failures = this.#failures.get(contestant) ?? new Set();
    this.#failures.set(contestant, failures.add(what));
  }

  /** What went wrong, each thing once. */
  failures(contestant: string): readonly string[] {
    return Array.from(this.#failures.get(contestant) ?? []);
  }
}

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}
