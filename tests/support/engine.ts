/**
 * The engine of HTTP/2 that servers under test have: the kit's default, or the one that `TEST_ENGINE`
 * names. A server that says itself which it wants has that. What holds for one engine alone asks
 * {@linkcode ENGINE}.
 *
 * Helpers that start servers import it. `deno test --preload=./tests/support/engine.ts` is for tests
 * that start their own, and {@linkcode ENGINE_FLAGS} are for programs: those may not read variables, so
 * that the engine stands in the query of the module.
 *
 * @module
 */

import { FastGRPC } from "../../mod.ts";
import { DEFAULT_ENGINE } from "../../src/serve_options.ts";
import type { Engine } from "../../src/transport/connections.ts";
import { toEngine } from "./engines.ts";

/** The engine under test. */
export const ENGINE: Engine = readEngine();

/** Whether that is the kit's own. */
export const IS_DIRECT: boolean = ENGINE === "direct";

/** Flags of Deno by which the servers of a program have the same engine. */
export const ENGINE_FLAGS: readonly string[] = ENGINE === DEFAULT_ENGINE
  ? []
  : [`--preload=${new URL(`?${ENGINE}`, import.meta.url)}`];

if (ENGINE !== DEFAULT_ENGINE) {
  const { serve, addToServer } = FastGRPC.prototype;
  Object.assign(
    FastGRPC.prototype,
    {
      serve(this: FastGRPC, options = {}) {
        return serve.call(this, { engine: ENGINE, ...options });
      },
      addToServer(this: FastGRPC, server, options = {}) {
        return addToServer.call(this, server, { engine: ENGINE, ...options });
      },
    } satisfies Pick<FastGRPC, "serve" | "addToServer">,
  );
}

function readEngine(): Engine {
  const query = new URL(import.meta.url).search.slice(1);
  return toEngine(query || Deno.env.get("TEST_ENGINE") || DEFAULT_ENGINE);
}
