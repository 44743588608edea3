/**
 * Waiting for a port to be closed.
 *
 * @module
 */

/** Connects to a port of the loopback until that is refused. */
export async function untilRefused(port: number): Promise<void> {
  const until = performance.now() + 5000;
  while (performance.now() < until) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionRefused) return;
      // A connection that waits to be accepted while the port is closed is reset.
      if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
    }
  }
  throw new Error("connections are still accepted");
}
