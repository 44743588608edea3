/**
 * Which engines of HTTP/2 a task is about: all, or the one of `--engine=<name>`.
 *
 * @module
 */

import { ENGINES } from "../../src/serve_options.ts";
import type { Engine } from "../../src/transport/connections.ts";

/** @throws {TypeError} If there is none of that name. */
export function readEngines(args: readonly string[] = Deno.args): readonly Engine[] {
  const flag = args.find((each) => each.startsWith("--engine="));
  if (flag === undefined) return ENGINES;
  return [toEngine(flag.slice("--engine=".length))];
}

/** @throws {TypeError} If there is none of that name. */
export function toEngine(name: string): Engine {
  const engine = ENGINES.find((each) => each === name);
  if (engine === undefined) throw new TypeError(`There is no engine "${name}"`);
  return engine;
}
