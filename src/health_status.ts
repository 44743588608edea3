/**
 * The status of services as the application sets it. Serving it as `grpc.health.v1` is `health.ts`'s,
 * which is loaded only where it is enabled.
 *
 * @module
 */

import { serverLog } from "./log.ts";

/** Whether a service is ready for calls. */
export type ServingStatus = "UNKNOWN" | "SERVING" | "NOT_SERVING";

const STATUSES: readonly string[] = ["UNKNOWN", "SERVING", "NOT_SERVING"];

/** From the worst to the best. */
const FROM_WORST: readonly ServingStatus[] = ["NOT_SERVING", "UNKNOWN", "SERVING"];

/** The worse of two statuses; one that is not known counts for nothing. */
export function worseStatus(a: ServingStatus | undefined, b: ServingStatus): ServingStatus;
export function worseStatus(
  a: ServingStatus | undefined,
  b: ServingStatus | undefined,
): ServingStatus | undefined;
export function worseStatus(
  a: ServingStatus | undefined,
  b: ServingStatus | undefined,
): ServingStatus | undefined {
  return FROM_WORST.find((status) => status === a || status === b);
}

/** What the application says of its services' health. */
export interface Health {
  /**
   * Sets the status of a service. It holds until it is set again, also when the app is stopped and
   * served another time. Ignored from the begin of a shutdown until the app is served again.
   *
   * @param service Full name, such as `demo.v1.Greeter`; `""` for the server as a whole.
   * @throws {TypeError} If the status is none.
   */
  set(service: string, status: ServingStatus): void;

  /**
   * Status of a service, `undefined` if it is unknown. With several workers it is that of the worker
   * that is worst off.
   */
  get(service: string): ServingStatus | undefined;
}

/**
 * Status by service; `""` is the server as a whole. From the begin of a shutdown on, everything is
 * NOT_SERVING. When the app is served again, what was set before the shutdown holds again.
 */
export class HealthStatus implements Health {
  readonly #statuses = new Map<string, ServingStatus>();
  readonly #waiting = new Set<() => void>();
  #elsewhere: ReadonlyMap<string, ServingStatus> = new Map();
  #isShutDown = false;
  #isHeld = false;

  /** See {@linkcode Health.set}. */
  set(service: string, status: ServingStatus): void {
    if (!STATUSES.includes(status)) {
      throw new TypeError(
        `Cannot set status "${status}" of service "${service}": use ${STATUSES.join(", ")}`,
      );
    }
    if (this.#isShutDown) {
      serverLog.debug("Status of {service} stays NOT_SERVING: the server shuts down", { service });
      return;
    }
    this.#statuses.set(service, status);
    this.#wake();
  }

  /** Status of a service, `undefined` if it is unknown. */
  get(service: string): ServingStatus | undefined {
    const status = worseStatus(this.#statuses.get(service), this.#elsewhere.get(service));
    const isDown = this.#isShutDown || this.#isHeld;
    return status !== undefined && isDown ? "NOT_SERVING" : status;
  }

  /** Number of known services. */
  get size(): number {
    return this.#known().size;
  }

  /** All known services with their status. */
  *entries(): Generator<[service: string, status: ServingStatus]> {
    for (const service of this.#known()) yield [service, this.get(service)!];
  }

  /** What was set here, whatever is said elsewhere. */
  own(): Record<string, ServingStatus> {
    return Object.fromEntries(this.#statuses);
  }

  /** Takes note of what the other workers of the same server say. */
  setElsewhere(statuses: Readonly<Record<string, ServingStatus>>): void {
    this.#elsewhere = new Map(Object.entries(statuses));
    this.#wake();
  }

  /** Resolves at the next change of any status, or when the signal is aborted. */
  changed(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => {
      this.#waiting.delete(wake);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    this.#waiting.add(wake);
    signal.addEventListener("abort", wake);
    return promise;
  }

  /** Everything is NOT_SERVING until {@linkcode resume}; what is set meanwhile holds then. */
  hold(): void {
    this.#isShutDown = false;
    this.#isHeld = true;
    this.#wake();
  }

  /** Everything is NOT_SERVING, and stays so until {@linkcode resume}. */
  shutDown(): void {
    this.#isShutDown = true;
    this.#wake();
  }

  /** Everything is as it was before the shutdown, for an app that is served another time. */
  resume(): void {
    this.#isShutDown = this.#isHeld = false;
    this.#wake();
  }

  #known(): ReadonlySet<string> {
    return new Set([...this.#statuses.keys(), ...this.#elsewhere.keys()]);
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }
}
