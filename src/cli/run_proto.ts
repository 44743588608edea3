/**
 * What `proto` does: the apps of its modules are loaded, and what became of their `.proto` files is
 * printed. The files are `proto.ts`'s.
 *
 * @module
 */

import type { FastGRPC } from "../app.ts";
import { ConfigError } from "../errors.ts";
import { checkProto, writeProto } from "../proto.ts";
import { type CommandInput, EXIT } from "./command.ts";
import { callerOf } from "./describe_error.ts";
import { type AppModule, loadApps, modulesOf, NoAppError } from "./load_app.ts";

/**
 * Writes or checks what belongs to the apps of a command's modules.
 *
 * @returns The exit code.
 * @throws {ConfigError} If a module has no app, or fails, or a file cannot be read or written.
 * @throws {TypeError} If a schema cannot be expressed.
 */
export async function runProto(input: CommandInput): Promise<number> {
  const { check = false, folder = "proto" } = input.values as { check?: boolean; folder?: string };
  const apps = new Set<FastGRPC>();
  for (const module of modulesOf(input)) {
    for (const app of await appsOf(module)) apps.add(app);
  }
  const report = await (check ? checkProto : writeProto)([...apps], { folder });
  const { stale, changes, problems, warnings } = report;
  for (const text of changes) console.log(text);
  for (const text of [...warnings, ...problems]) console.error(text);
  for (const { path, reason } of stale) {
    if (check) console.error(`${path} is ${reason === "missing" ? "missing" : "not up to date"}`);
    else console.log(`wrote ${path}`);
  }
  const isStale = check && stale.length > 0;
  if (isStale) console.error("Run it without --check, and commit what it writes");
  return problems.length === 0 && !isStale ? EXIT.ok : EXIT.failed;
}

/** To a pipeline, 1 is a change that breaks clients: a module that fails is none. */
async function appsOf(module: AppModule): Promise<FastGRPC[]> {
  try {
    return (await loadApps(module)).map(({ app }) => app);
  } catch (error) {
    if (error instanceof NoAppError) throw error;
    throw new ConfigError(`Cannot load ${module.name}: ${describe(error)}`, { cause: error });
  }
}

/** What was thrown, and where in the user's code. */
function describe(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const { message } = thrown;
  const caller = /^ +at /m.test(message) ? undefined : callerOf(thrown);
  return [message, ...caller === undefined ? [] : [caller]].join("\n");
}
