/**
 * A port that accepts connections and never says anything.
 *
 * @module
 */

/** A port that is silent until the test's block ends. */
export function serveSilence(): Disposable & { readonly port: number } {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const connections: Deno.Conn[] = [];
  (async () => {
    for await (const connection of listener) connections.push(connection);
  })().catch(() => {});
  return {
    port: listener.addr.port,
    [Symbol.dispose]() {
      listener.close();
      for (const connection of connections) connection.close();
    },
  };
}
