/**
 * Keeps Deno alive when a peer says GOAWAY. Deno 2.9.4 to 2.9.6 free the native HTTP/2 session
 * inside the very call that reads the frame, if JavaScript closes the session there, which Deno's
 * own code does: memory is corrupted and the process dies. Closing a turn later is safe.
 *
 * To be deleted when the oldest Deno that is supported has the fix for
 * https://github.com/denoland/deno/issues/36788.
 *
 * @module
 */

import type { Http2Session } from "node:http2";

/**
 * Defers `close()` and `destroy()` of a session to the next turn of the event loop. Belongs on every
 * session, server's or client's, before it reads its first frame. `closed` and `destroyed` turn true
 * that much later.
 *
 * @returns The session.
 */
export function shieldSession<S extends Http2Session>(session: S): S {
  const close = session.close.bind(session);
  const destroy = session.destroy.bind(session);
  session.close = (...args) => void setImmediate(() => close(...args));
  session.destroy = (...args) => void setImmediate(() => destroy(...args));
  return session;
}
