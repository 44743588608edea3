/**
 * The `.proto` files and locks of services in code: written, or checked. As a program it does so for
 * the apps of a module.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { pathToFileURL } from "node:url";
import { appServices, FastGRPC } from "./app.ts";
import { collectApps } from "./app_collection.ts";
import { type CodePackage, compilePackages } from "./code_first/code_package.ts";
import { assertFolder, findStaleFiles, writeStaleFiles } from "./code_first/proto_folder.ts";
import { type ProtoReport, reportOn } from "./code_first/proto_report.ts";
import { findUnclaimedLocks } from "./code_first/unclaimed_locks.ts";
import { assertKnownOptions, ConfigError } from "./errors.ts";

export type { ProtoReport, StaleProtoFile } from "./code_first/proto_report.ts";
export { toProtoText } from "./proto_text/proto_text.ts";

/** Options of {@linkcode checkProto} and {@linkcode writeProto}. */
export interface ProtoOptions {
  /**
   * The folder for services that name none by their own `proto`.
   *
   * @default {"proto"} in the current directory
   */
  folder?: string | URL;
}

/**
 * Tells what {@linkcode writeProto} would do, and writes nothing.
 *
 * @param apps All that have services of the same packages, for those share their locks, and of the
 *   same folders, as a lock there that is no app's is a problem.
 * @throws {TypeError} If a schema cannot be expressed, or an option is unknown.
 * @throws {ConfigError} If a lock or a `.proto` file cannot be read.
 */
export async function checkProto(
  apps: FastGRPC | readonly FastGRPC[],
  options: ProtoOptions = {},
): Promise<ProtoReport> {
  const packages = compileApps(apps, options);
  const report = await reportOn(packages, findStaleFiles);
  return { ...report, problems: [...report.problems, ...findUnclaimedLocks(packages)] };
}

/**
 * Writes the `.proto` files and the locks of the services in code of apps, where they are not up to
 * date.
 *
 * @param apps All that have services of the same packages, for those share their locks, and of the
 *   same folders, as a lock there that is no app's is worth a warning.
 * @throws {TypeError} If a schema cannot be expressed, or an option is unknown.
 * @throws {ConfigError} If a lock or a `.proto` file cannot be read or written.
 */
export async function writeProto(
  apps: FastGRPC | readonly FastGRPC[],
  options: ProtoOptions = {},
): Promise<ProtoReport> {
  const packages = compileApps(apps, options);
  const report = await reportOn(packages, writeStaleFiles);
  return { ...report, warnings: [...report.warnings, ...findUnclaimedLocks(packages)] };
}

function compileApps(
  apps: FastGRPC | readonly FastGRPC[],
  options: ProtoOptions,
): CodePackage[] {
  assertKnownOptions("look after .proto files", options, ["folder"]);
  const { folder = "proto" } = options;
  assertFolder("services that name none", folder);
  const all = apps instanceof FastGRPC ? [apps] : apps;
  const services = new Set(all.flatMap((app) => appServices(app).code));
  return compilePackages([...services], { validateReplies: true, defaultFolder: folder });
}

const HELP = `Writes the .proto files and locks of services in code.

Usage: deno run --allow-read --allow-write=proto @fastgrpc/fastgrpc/proto [options] <module>...

A module makes an app, and runs or exports it; nothing is served. Name all modules that have
services of the same package or folder.

Options:
  --check            write nothing; exit with 1 if a file is stale or a change breaks clients
  --folder <path>    for services without a folder of their own (default: proto)
  --help             show this
`;

// By force, for what modules begin, such as timers, may never end.
if (import.meta.main) Deno.exit(await run(Deno.args));

/** @returns The exit code: 0, 1 for what is stale or breaks clients, 2 for what cannot be done. */
async function run(args: string[]): Promise<number> {
  try {
    return await main(args);
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof TypeError)) throw error;
    console.error(error.message);
    return 2;
  }
}

async function main(args: string[]): Promise<number> {
  const { check, folder, help, modules } = parse(args);
  if (help) {
    console.log(HELP);
    return 0;
  }
  const apps = await loadApps(modules);
  const report = await (check ? checkProto : writeProto)(apps, { folder });
  const { stale, changes, problems, warnings } = report;
  for (const text of changes) console.log(text);
  for (const text of [...warnings, ...problems]) console.error(text);
  for (const { path, reason } of stale) {
    if (check) console.error(`${path} is ${reason === "missing" ? "missing" : "not up to date"}`);
    else console.log(`wrote ${path}`);
  }
  if (check && stale.length > 0) console.error("Run `deno task proto`, and commit what it writes");
  return problems.length === 0 && !(check && stale.length > 0) ? 0 : 1;
}

/** The apps that modules run or export. */
async function loadApps(modules: readonly string[]): Promise<readonly FastGRPC[]> {
  const exported: FastGRPC[] = [];
  const { apps: made } = await collectApps<FastGRPC, void>(async (count) => {
    for (const module of modules) {
      const before = count();
      // A module that another one has loaded makes no app again.
      const own = Object.values(await load(module)).filter((each) => each instanceof FastGRPC);
      exported.push(...own);
      if (count() > before || own.length > 0) continue;
      throw new ConfigError(
        `Cannot find an app in "${module}": export it, or run it, as in ` +
          `"export const app = new FastGRPC()"`,
      );
    }
  });
  return [...new Set([...made.keys(), ...exported])];
}

async function load(module: string): Promise<object> {
  const url = /^[a-z]{2,}:/.test(module) ? module : pathToFileURL(module).href;
  try {
    return await import(url);
  } catch (error) {
    throw new ConfigError(`Cannot load "${module}": ${describe(error)}`, { cause: error });
  }
}

/** What was thrown, and where in the user's code. */
function describe(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const { message, stack = "" } = thrown;
  if (/^ +at /m.test(message)) return message;
  const kit = new URL("./", import.meta.url).href;
  const isTheirs = (line: string) => /^ +at .*\b(file|https?):/.test(line) && !line.includes(kit);
  return [message, ...stack.split("\n").filter(isTheirs).slice(0, 1)].join("\n");
}

function parse(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    // Says what it means in its own words, which are not plain.
    strict: false,
    options: { check: { type: "boolean" }, folder: { type: "string" }, help: { type: "boolean" } },
  });
  assertKnownOptions("write .proto files", values, ["check", "folder", "help"]);
  const { check = false, folder = "proto", help = false } = values;
  if (typeof check !== "boolean" || typeof help !== "boolean") {
    throw new ConfigError('Cannot use a value for "--check" or "--help": they take none');
  }
  if (typeof folder !== "string") {
    throw new ConfigError('Cannot use "--folder" without a path: give one, as in --folder=proto');
  }
  if (positionals.length === 0 && !help) {
    throw new ConfigError(`Cannot write .proto files without a module: name one\n\n${HELP}`);
  }
  return { check, folder, help, modules: [...new Set(positionals)] };
}
