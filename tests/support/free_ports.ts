/**
 * Ports that nobody uses, for what takes a number and cannot be told to choose one itself.
 *
 * @module
 */

/** So many ports, each another one, that were free a moment ago. */
export function findFreePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ port: 0, hostname: "127.0.0.1" }),
  );
  for (const listener of listeners) listener.close();
  return listeners.map(({ addr }) => addr.port);
}
