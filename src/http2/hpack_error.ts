/**
 * What is wrong with a block that cannot be decoded.
 *
 * @module
 */

/**
 * A block that breaks the rules of HPACK. The two ends no longer have the same table then, and so the
 * connection ends with COMPRESSION_ERROR (RFC 9113, section 4.3).
 */
export class HpackError extends Error {
  override readonly name = "HpackError";
}
