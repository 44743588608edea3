/**
 * Where the benchmark finds and puts things.
 *
 * @module
 */

/** The folder of the project. */
export const ROOT: URL = new URL("../", import.meta.url);

/** The folder of the benchmark. */
export const BENCH: URL = new URL("./", import.meta.url);

/** An ignored folder for what is built, downloaded and generated. */
export const CACHE: URL = new URL(".cache/bench/", ROOT);
