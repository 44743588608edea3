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

  /** Status of a service, `undefined` if it is unknown. */
  get(service: string): ServingStatus | undefined;
}

/**
 * Status by service; `""` is the server as a whole. From the begin of a shutdown on, everything is
 * NOT_SERVING. When the app is served again, what was set before the shutdown holds again.
 */
export class HealthStatus implements Health {
  readonly #statuses = new Map<string, ServingStatus>();
  readonly #waiting = new Set<() => void>();
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
    const status = this.#statuses.get(service);
    const isDown = this.#isShutDown || this.#isHeld;
    return status !== undefined && isDown ? "NOT_SERVING" : status;
  }

  /** Number of known services. */
  get size(): number {
    return this.#statuses.size;
  }

  /** All known services with their status. */
  *entries(): Generator<[service: string, status: ServingStatus]> {
    for (const service of this.#statuses.keys()) yield [service, this.get(service)!];
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

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }
}
