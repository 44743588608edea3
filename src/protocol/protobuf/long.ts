/**
 * One 64-bit integer at a time, as such and as its halves.
 *
 * @module
 */

/** The integer, signed. */
export const LONG: BigInt64Array = new BigInt64Array(1);
/** The same, unsigned. */
export const UNSIGNED_LONG: BigUint64Array = new BigUint64Array(LONG.buffer);
/** Its halves, unsigned: see {@linkcode LOW} and {@linkcode HIGH}. */
export const HALVES: Uint32Array = new Uint32Array(LONG.buffer);

const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
/** Which of the halves has the lower 32 bits. */
export const LOW: 0 | 1 = isLittleEndian ? 0 : 1;
/** Which of them has the upper. */
export const HIGH: 0 | 1 = isLittleEndian ? 1 : 0;
