/**
 * Has a TLS socket that is paused stop to read. Deno 2.9 goes on: it keeps all that a client of
 * HTTP/1.1 sends to a handler that does not read, without a bound, and if the client leaves in the
 * meantime, the end of the connection may get lost, which then stays for good.
 *
 * @module
 */

import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/** A TCP socket as Deno has it below TLS. It has no public way to be stopped: its own flow is not used. */
interface NativeHandle {
  readStart(): number;
  readStop(): number;
}

/** Stops the TCP socket while the TLS socket on top of it is paused. */
export function pauseTogether(secure: TLSSocket, tcp: Socket): void {
  const handle = () => (tcp as { _handle?: NativeHandle | null })._handle;
  let isStopped = false;
  secure.on("pause", () => {
    if (!isStopped) handle()?.readStop();
    isStopped = true;
  });
  secure.on("resume", () => {
    // The event comes a tick late, when it may be paused again.
    if (!isStopped || secure.isPaused()) return;
    isStopped = false;
    handle()?.readStart();
  });
}
