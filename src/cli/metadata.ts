/**
 * Metadata as people write it: `name: value`.
 *
 * @module
 */

import { ConfigError } from "../config_error.ts";

const NAME = /^[\w.-]+$/;
const PRINTABLE = /^[\x20-\x7e]*$/;
const BASE64 = /^[\w+/-]*={0,2}$/;

/** What calls have of themselves, and what HTTP/2 forbids. */
const RESERVED =
  /^(grpc-(?!trace-bin$|tags-bin$|previous-rpc-attempts$|accept-encoding$).*|connect-.*|te|content-type|content-length|host|connection|keep-alive|proxy-connection|transfer-encoding|upgrade)$/;

/**
 * Reads a header field; one that ends in `-bin` as base64, as it is on the wire.
 *
 * @throws {ConfigError} If it is none, or one of those that calls have of themselves.
 */
export function parseMetadata(text: string): [name: string, value: string] {
  const colon = text.indexOf(":");
  const fail = (why: string) =>
    new ConfigError(`Cannot use --metadata ${JSON.stringify(text)}: ${why}`);
  if (colon < 0) throw fail('write it as "name: value"');
  const name = text.slice(0, colon).trim().toLowerCase();
  const value = text.slice(colon + 1).trim();
  if (!NAME.test(name)) {
    throw fail("a name has letters, digits, underscores, dots and hyphens");
  }
  if (RESERVED.test(name)) throw fail(`"${name}" is what calls have of themselves`);
  if (name.endsWith("-bin")) {
    if (!BASE64.test(value) || value.replace(/=+$/, "").length % 4 === 1) {
      throw fail(`the value of "${name}" is to be base64`);
    }
    // As Connect's headers have it, which is without what fills it up.
    return [name, value.replace(/=+$/, "").replaceAll("-", "+").replaceAll("_", "/")];
  }
  if (!PRINTABLE.test(value)) throw fail("a value has printable ASCII; use a name with -bin");
  return [name, value];
}
