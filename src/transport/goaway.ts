/**
 * GOAWAY with the highest stream id: no more streams, please, but none is refused yet (RFC 9113,
 * section 6.8).
 *
 * @module
 */

import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";

const MAX_STREAM_ID = 0x7fff_ffff;

/**
 * Says GOAWAY.
 *
 * @param onSent Called when it is on its way to the client.
 */
export function sendGoaway(
  { session, wire }: { session: ServerHttp2Session; wire: Socket },
  errorCode: number,
  onSent: () => void = () => {},
): void {
  if ("Deno" in globalThis) {
    // By hand, because session.goaway() of Deno 2.9 ignores from then on what the client has sent
    // already.
    wire.write(
      Uint8Array.of(0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, errorCode),
      onSent,
    );
  } else {
    // Node's session takes it for an end of a write of its own when somebody else writes, and aborts.
    session.goaway(errorCode, MAX_STREAM_ID);
    setImmediate(onSent);
  }
}
