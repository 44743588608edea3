/**
 * The URL that a request was sent to, for interceptors.
 *
 * @module
 */

import type { HttpStream } from "../http_stream.ts";

/** A host with more than a host in it, such as a path, would show interceptors another URL. */
export function urlOf({ authority, path, peer }: HttpStream): string {
  const scheme = peer.encrypted ? "https" : "http";
  const base = `${scheme}://${authority}`;
  const isHost = /^[^/?#@\\\s]+$/.test(authority) && URL.canParse(base);
  return `${isHost ? base : `${scheme}://localhost`}${path}`;
}
