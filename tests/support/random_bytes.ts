/**
 * Bytes that nothing can compress, for messages whose size on the wire matters.
 *
 * @module
 */

/** The most that the platform gives at once. */
const MAX_AT_ONCE = 65_536;

/** As many random bytes. */
export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += MAX_AT_ONCE) {
    crypto.getRandomValues(bytes.subarray(at, at + MAX_AT_ONCE));
  }
  return bytes;
}
