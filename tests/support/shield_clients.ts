/**
 * Puts the shield of `src/transport/session_shield.ts` on every HTTP/2 session of the process: the
 * clients in the tests are others', and Deno 2.9 dies with them when a server says GOAWAY. Tests of
 * the server's own shield run the server in a process that does not import this.
 *
 * @module
 */

import http2 from "node:http2";

interface Closable {
  close(...args: unknown[]): void;
  destroy(...args: unknown[]): void;
}

const { prototype } = (http2 as unknown as { Http2Session: { prototype: Closable } }).Http2Session;
const { close, destroy } = prototype;
prototype.close = function (...args) {
  setImmediate(() => close.apply(this, args));
};
prototype.destroy = function (...args) {
  setImmediate(() => destroy.apply(this, args));
};
