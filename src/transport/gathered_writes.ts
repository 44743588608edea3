/**
 * What is written in one turn of the event loop goes out together. Deno's session writes each frame
 * by itself, and a reply has three: most of a call's time would go into system calls.
 *
 * @module
 */

import type { Socket } from "node:net";

/** Gathers what is written to a socket. */
export function gatherWrites(socket: Socket): void {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let isGathering = false;
  const send = () => {
    isGathering = false;
    socket.uncork();
  };
  socket.write = (...args: unknown[]) => {
    if (!isGathering) {
      isGathering = true;
      socket.cork();
      setImmediate(send);
    }
    return write(...args);
  };
}
