/**
 * The `.proto` files and locks of services in code: written, or checked. As a program it does so for
 * the apps of a module.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { pathToFileURL } from "node:url";
import { appServices, type FastGRPC } from "./app.ts";
import { collectApps } from "./app_collection.ts";
import { findStaleFiles, writeStaleFiles } from "./code_first/proto_folder.ts";
import { type ProtoReport, reportOn } from "./code_first/proto_report.ts";
import { ConfigError } from "./errors.ts";

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
 * @throws {TypeError} If a schema cannot be expressed.
 * @throws {ConfigError} If a lock cannot be read.
 */
export function checkProto(app: FastGRPC, options: ProtoOptions = {}): Promise<ProtoReport> {
  return reportOn(appServices(app).compile(folderOf(options)), findStaleFiles);
}

/**
 * Writes the `.proto` files and the locks of the services in code of an app, where they are not up to
 * date.
 *
 * @throws {TypeError} If a schema cannot be expressed.
 * @throws {ConfigError} If a lock cannot be read.
 */
export function writeProto(app: FastGRPC, options: ProtoOptions = {}): Promise<ProtoReport> {
  return reportOn(appServices(app).compile(folderOf(options)), writeStaleFiles);
}

function folderOf({ folder = "proto" }: ProtoOptions): string | URL {
  return folder;
}

const HELP = `Writes the .proto files and locks of services in code.

Usage: deno task proto [options] <module>...

A module makes an app, and runs or exports it; nothing is served.

Options:
  --check            write nothing; exit with 1 if a file is stale or a change breaks clients
  --folder <path>    for services without a folder of their own (default: proto)
  --help             show this
`;

if (import.meta.main) {
  try {
    Deno.exitCode = await main(Deno.args);
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof TypeError)) throw error;
    console.error(error.message);
    Deno.exitCode = 2;
  }
}

/** @returns The exit code. */
async function main(args: string[]): Promise<number> {
  const { values: { check, folder, help }, positionals } = parse(args);
  if (help) {
    console.log(HELP);
    return 0;
  }
  if (positionals.length === 0) throw new ConfigError(`Which module?\n\n${HELP}`);
  let isGood = true;
  for (const module of positionals) {
    for (const app of await loadApps(module)) {
      const { stale, changes, problems } = await (check ? checkProto : writeProto)(app, { folder });
      for (const text of changes) console.log(text);
      for (const text of problems) console.error(text);
      for (const { path, reason } of stale) {
        if (check) {
          console.error(`${path} is ${reason === "missing" ? "missing" : "not up to date"}`);
        } else console.log(`wrote ${path}`);
      }
      isGood &&= problems.length === 0 && !(check && stale.length > 0);
    }
  }
  if (check && !isGood) console.error("Run `deno task proto`, and commit what it writes");
  return isGood ? 0 : 1;
}

/** The apps that a module runs or exports. */
async function loadApps(module: string): Promise<readonly FastGRPC[]> {
  const url = /^[a-z]+:\/?\/?/.test(module) ? module : pathToFileURL(module).href;
  const apps = await collectApps<FastGRPC>(() => import(url));
  if (apps.length > 0) return apps;
  throw new ConfigError(
    `Cannot find an app in "${module}": export it, or run it, as in "export const app = new FastGRPC()"`,
  );
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        check: { type: "boolean", default: false },
        folder: { type: "string", default: "proto" },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new ConfigError(`${(error as Error).message}\n\n${HELP}`, { cause: error });
  }
}
