/**
 * The way out for what is odd about a message.
 *
 * @module
 */

/** Thrown for what is not as it usually is: what becomes of it is for protobuf-es to say. */
export const UNFIT: Error = new Error("odd");
