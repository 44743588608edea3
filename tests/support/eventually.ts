/**
 * Waiting for what has no event of its own.
 *
 * @module
 */

/**
 * Polls until a condition holds.
 *
 * @param what Names the condition in the error.
 * @param boundMs After how long it fails.
 */
export async function eventually(
  what: string,
  condition: () => boolean,
  boundMs = 5000,
): Promise<void> {
  const until = performance.now() + boundMs;
  while (!condition()) {
    if (performance.now() > until) throw new Error(`not within ${boundMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
