/**
 * A TCP relay that delivers what a client sends in small pieces, with pauses.
 *
 * @module
 */

/** Options for {@linkcode slowDown}. */
export interface SlowWireOptions {
  /** How many pieces are held up; the rest passes as it comes. */
  readonly pieces: number;
  /** For how long each of them is, in milliseconds. */
  readonly pauseMs: number;
}

/** A relay for one connection. */
export interface SlowWire extends AsyncDisposable {
  readonly port: number;
  /** Pieces that were held up so far. */
  readonly heldUp: number;
}

/** A ClientHello takes several pieces of this size. */
const PIECE_BYTES = 32;
const WHOLE_BYTES = 16_384;

/** Starts a relay to a port of the loopback. */
export function slowDown(target: number, { pieces, pauseMs }: SlowWireOptions): SlowWire {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let heldUp = 0;
  const upwards = async (client: Deno.Conn, server: Deno.Conn) => {
    for (; heldUp < pieces; heldUp++) {
      if (!await passOn(client, server, PIECE_BYTES)) return;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    while (await passOn(client, server, WHOLE_BYTES));
  };
  const downwards = async (client: Deno.Conn, server: Deno.Conn) => {
    while (await passOn(server, client, WHOLE_BYTES));
  };
  const relay = async () => {
    const client = await listener.accept();
    const server = await Deno.connect({ hostname: "127.0.0.1", port: target });
    const both = [upwards(client, server), downwards(client, server)];
    await Promise.race(both);
    client.close();
    server.close();
    await Promise.all(both);
  };
  const done = relay();
  return {
    port: listener.addr.port,
    get heldUp() {
      return heldUp;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      await done;
    },
  };
}

/** Passes on what comes next; tells whether there may be more. */
async function passOn(from: Deno.Conn, to: Deno.Conn, maxBytes: number): Promise<boolean> {
  try {
    const buffer = new Uint8Array(maxBytes);
    const size = await from.read(buffer);
    if (size === null) return false;
    for (let sent = 0; sent < size;) sent += await to.write(buffer.subarray(sent, size));
    return true;
  } catch {
    // One of them has been closed.
    return false;
  }
}
