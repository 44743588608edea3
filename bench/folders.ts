/**
 * Where the benchmark finds and puts things.
 *
 * @module
 */

/** The folder of the project. */
export const ROOT = new URL("../", import.meta.url);

/** The folder of the benchmark. */
export const BENCH = new URL("./", import.meta.url);

/** An ignored folder for what is built, downloaded and generated. */
export const CACHE = new URL(".cache/bench/", ROOT);
