/**
 * Where settings come from: the file and the environment are read here, and nowhere else. What there
 * is no permission for is left alone, unless it was asked for by name.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import { readDocument } from "./document.ts";
import { CONFIG_FILE, CONFIG_VARIABLE } from "./keys.ts";
import { mergeSettings, type Setting } from "./setting.ts";
import { readEnvironment } from "./text_settings.ts";

/** What an operator has set. */
export interface LoadedConfig {
  /** The file, if there was one to read. */
  readonly file: string | undefined;
  /** Whether it was named by the environment. */
  readonly isFileFromVariable: boolean;
  /** Whether nobody may say if there is a file. */
  readonly isFileForbidden: boolean;
  /** What of it holds. */
  readonly settings: readonly Setting[];
}

/**
 * Loads the file and the environment.
 *
 * @param path Of the file; by default that which `FASTGRPC_CONFIG` names, and else `fastgrpc.yaml` if
 *   there is one in the current directory.
 * @param flags Settings from the command line, which overrule all others.
 * @throws {ConfigError} If the file cannot be read, or a setting is wrong.
 */
export async function loadConfig(
  { path, flags }: { readonly path: string | undefined; readonly flags: readonly Setting[] },
): Promise<LoadedConfig> {
  const fromVariable = path === undefined ? variable(CONFIG_VARIABLE) || undefined : undefined;
  const named = path ?? fromVariable;
  const text = named === undefined ? await textIfThere(CONFIG_FILE) : await textOf(named);
  const file = text === undefined ? undefined : named ?? CONFIG_FILE;
  const inFile = file === undefined ? [] : await readFile(text!, file);
  return {
    file,
    isFileFromVariable: fromVariable !== undefined,
    isFileForbidden: named === undefined && !mayRead(CONFIG_FILE),
    settings: mergeSettings(inFile, readEnvironment(variable), flags),
  };
}

async function readFile(text: string, file: string): Promise<Setting[]> {
  const { parseYaml } = await import("./yaml.ts");
  return readDocument(text, file, parseYaml);
}

function variable(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) : undefined;
}

function mayRead(path: string): boolean {
  return Deno.permissions.querySync({ name: "read", path }).state === "granted";
}

async function textIfThere(path: string): Promise<string | undefined> {
  if (!mayRead(path)) return undefined;
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw unreadable(path, error);
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): ConfigError {
  const reason = cause instanceof Deno.errors.NotCapable
    ? `allow it by --allow-read=${path}`
    : cause instanceof Error
    ? cause.message
    : String(cause);
  return new ConfigError(`Cannot read configuration "${path}": ${reason}`, { cause });
}
