/**
 * The kit's version, which a test holds against deno.json.
 *
 * @module
 */

/** The kit's version. */
export const VERSION = "0.1.0";
