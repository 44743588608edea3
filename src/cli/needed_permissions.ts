/**
 * What an app has to be allowed to be served: it is prepared as if it were to be, and looked at.
 *
 * What Deno asks for was measured with 2.9: listening on all addresses is `[::]`, a name is looked up by
 * itself and its address listened on, and modules that are found at run time have to be readable with
 * all that they import, but for what the program has loaded from the start.
 *
 * @module
 */

import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { isAbsolute, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { CONFIG_FILE, CONFIG_KEYS, CONFIG_VARIABLE } from "../config/keys.ts";
import type { LoadedConfig } from "../config/load_config.ts";
import { ConfigError } from "../errors.ts";
import { type ResolvedRunOptions, resolveRunOptions } from "../run_options.ts";
import { WORKER_VARIABLE } from "../workers/worker_place.ts";
import type { CommandInput } from "./command.ts";
import { readFlags } from "./config_flags.ts";
import { loadApp, moduleOf } from "./load_app.ts";
import { readModuleGraph } from "./module_graph.ts";
import type { PermissionSet } from "./permission_set.ts";
import { prepareApp } from "./prepare_app.ts";
import { withProgress } from "./progress.ts";

/** Where Deno imports from without being allowed to; naming others takes these back. */
const DEFAULT_IMPORT_HOSTS: readonly string[] = [
  ...["deno.land", "jsr.io", "esm.sh", "raw.esm.sh", "cdn.jsdelivr.net"],
  ...["raw.githubusercontent.com", "gist.githubusercontent.com"],
].map((host) => `${host}:443`);

/**
 * What serving the app of a command takes.
 *
 * @throws {ConfigError} If there is no app, or a setting is wrong.
 */
export async function neededPermissions(input: CommandInput): Promise<PermissionSet> {
  const { options, config } = await prepare(input);
  const { files, hosts } = await graphOf(input);
  // Workers are this program once more.
  const hasWorkers = options.workers > 1;
  const isImportAllowed = hosts.every((host) => DEFAULT_IMPORT_HOSTS.includes(host));
  return {
    net: await addressesOf(options),
    read: [
      ...files,
      ...config?.file === undefined ? [] : [config.file],
      ...Object.values(options.tls).map(pathOf),
    ].map(shorten),
    env: [
      ...config === undefined ? [] : variablesOf(config),
      ...hasWorkers ? [WORKER_VARIABLE] : [],
    ],
    run: hasWorkers ? [Deno.execPath()] : [],
    import: isImportAllowed ? [] : hosts,
  };
}

interface Prepared {
  readonly options: ResolvedRunOptions;
  /** What the operator said, where that counts. */
  readonly config: LoadedConfig | undefined;
}

async function prepare(input: CommandInput): Promise<Prepared> {
  if (!input.values["alone"]) {
    const { runOptions, config } = await prepareApp(input);
    return { options: resolveRunOptions(runOptions), config };
  }
  const { values, program } = input;
  if (program.load !== undefined) {
    throw new ConfigError("Cannot use --alone: the app is part of this program");
  }
  if (values["config"] !== undefined || readFlags(values).length > 0) {
    throw new ConfigError("Cannot use --alone with what an operator sets: the code alone decides");
  }
  const { options } = await loadApp(moduleOf(input), values["app"] as string | undefined);
  return { options: resolveRunOptions(options), config: undefined };
}

/** All ports that are opened. */
function portsOf({ port, sidePorts }: ResolvedRunOptions): number[] {
  const { healthPort, adminPort } = sidePorts;
  return [port, healthPort, adminPort].filter((each) => each !== undefined);
}

async function addressesOf(options: ResolvedRunOptions): Promise<string[]> {
  const { hostname = "::" } = options;
  const isName = isIP(hostname) === 0;
  const address = isName ? await resolveName(hostname) : hostname;
  const host = isIP(address) === 6 ? `[${address}]` : address;
  // Workers listen on the one port that is free for the first, which nobody knows before.
  const hosts = options.port === 0 && options.workers > 1
    ? [host]
    : portsOf(options).map((port) => `${host}:${port}`);
  return [...isName ? [hostname] : [], ...hosts];
}

async function resolveName(hostname: string): Promise<string> {
  try {
    return (await lookup(hostname)).address;
  } catch (cause) {
    throw new ConfigError(`Cannot tell the address of "${hostname}": no address is known by it`, {
      cause,
    });
  }
}

/** The local files and the hosts that the app's modules come from. */
async function graphOf(input: CommandInput) {
  // What is built in is loaded with the program.
  if (input.program.load !== undefined) return { files: [], hosts: [] };
  return await withProgress("looking at what is imported", async () => {
    const module = await readModuleGraph(moduleOf(input).url!);
    if (input.values["alone"]) return { files: [], hosts: module.hosts };
    const program = await readModuleGraph(Deno.mainModule);
    const files = module.files.filter((file) => !program.files.includes(file));
    return { files, hosts: [...program.hosts, ...module.hosts] };
  });
}

/** The variables that something is set by. */
function variablesOf({ file, isFileFromVariable, settings }: LoadedConfig): string[] {
  const known = CONFIG_KEYS.map(({ variable }) => variable);
  const used = settings.map(({ source }) => source).filter((source) => known.includes(source));
  // The file that is looked for anyway is found without being named.
  return isFileFromVariable && file !== CONFIG_FILE ? [CONFIG_VARIABLE, ...used] : used;
}

function pathOf(file: string | URL): string {
  return file instanceof URL ? fileURLToPath(file) : file;
}

/** Relative to the current directory, as flags are, for what is below it. */
function shorten(path: string): string {
  const absolute = resolve(path);
  const short = relative(".", absolute);
  return short.startsWith("..") || isAbsolute(short) ? absolute : short;
}
