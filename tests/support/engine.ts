/**
 * The engine of HTTP/2 that servers under test have: the kit's default, or the one that `TEST_ENGINE`
 * names. What holds for one alone says so by asking {@linkcode ENGINE}.
 *
 * @module
 */

import { DEFAULT_ENGINE } from "../../src/serve_options.ts";
import type { Engine } from "../../src/transport/connections.ts";

/** The engine under test. */
export const ENGINE: Engine = Deno.env.get("TEST_ENGINE") as Engine | undefined ?? DEFAULT_ENGINE;

/** Whether that is the kit's own. */
export const IS_DIRECT: boolean = ENGINE === "direct";
