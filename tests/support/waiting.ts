/**
 * Waiting for what has no event of its own: a condition in this process, a port that is closed.
 *
 * @module
 */

const BOUND_MS = 5000;

/**
 * Polls until a condition holds.
 *
 * @param what Names the condition in the error.
 * @param boundMs After how long it fails.
 */
export async function eventually(
  what: string,
  condition: () => boolean,
  boundMs: number = BOUND_MS,
): Promise<void> {
  const until = performance.now() + boundMs;
  while (!condition()) {
    if (performance.now() > until) throw new Error(`not within ${boundMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Connects to a port of the loopback until that is refused. */
export async function untilRefused(port: number): Promise<void> {
  const until = performance.now() + BOUND_MS;
  while (performance.now() < until) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionRefused) return;
      // A connection that waits to be accepted while the port is closed is reset, perhaps before Deno
      // has asked for its address.
      const wasReset = error instanceof Deno.errors.ConnectionReset;
      if (!wasReset && !(error instanceof Deno.errors.NotConnected)) throw error;
    }
  }
  throw new Error("connections are still accepted");
}
