/**
 * Waiting for a promise that may never settle: what is tested then is that it does.
 *
 * @module
 */

const BOUND_MS = 3000;

/**
 * Waits for some work, but not for ever.
 *
 * @param what Names the work in the error.
 */
export async function bounded<T>(what: string, work: PromiseLike<T>): Promise<T> {
  const { promise: tooLong, reject } = Promise.withResolvers<never>();
  const error = new Error(`not within ${BOUND_MS} ms: ${what}`);
  const timer = setTimeout(() => reject(error), BOUND_MS);
  try {
    return await Promise.race([work, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}
