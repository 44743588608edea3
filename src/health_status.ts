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

/** Status by service; `""` is the server as a whole. */
export class HealthStatus {
  readonly #statuses = new Map<string, ServingStatus>();
  readonly #waiting = new Set<() => void>();
  #isShutDown = false;

  /**
   * Sets the status of a service. Ignored once a shutdown has begun: nothing is ready any more.
   *
   * @param service Full name, such as `demo.v1.Greeter`; `""` for the server as a whole.
   * @throws {TypeError} If the status is none.
   */
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
    return this.#statuses.get(service);
  }

  /** Number of known services. */
  get size(): number {
    return this.#statuses.size;
  }

  /** All known services with their status. */
  entries(): IterableIterator<[service: string, status: ServingStatus]> {
    return this.#statuses.entries();
  }

  /** Resolves at the next change of any status, or when the signal is aborted. */
  async changed(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    this.#waiting.delete(resolve);
  }

  /** Everything is NOT_SERVING, and stays so until {@linkcode resume}. */
  shutDown(): void {
    this.#isShutDown = true;
    for (const service of this.#statuses.keys()) this.#statuses.set(service, "NOT_SERVING");
    this.#wake();
  }

  /** Everything is SERVING again, for an app that is served another time. */
  resume(): void {
    if (!this.#isShutDown) return;
    this.#isShutDown = false;
    for (const service of this.#statuses.keys()) this.#statuses.set(service, "SERVING");
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
