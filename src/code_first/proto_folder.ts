/**
 * The folder of `.proto` files and locks: what is read of it, what is stale in it, and how it is
 * brought up to date.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ConfigError } from "../errors.ts";

/** A file whose text in the folder is not what it should be. */
export interface StaleFile {
  /** Path within the folder, such as `greeter/v1/greeter.proto`. */
  readonly name: string;
  readonly reason: "missing" | "different";
}

/** A part of a path that leads out of the folder, or is none. */
const NO_NAME = /^\.{0,2}$/;

/**
 * Tells which files of a folder are not as they should be. Files that nobody asks for are left alone.
 *
 * @param texts By path within the folder.
 * @returns Those that are missing or differ, in the order given; none if all is up to date.
 * @throws {TypeError} If a name leads out of the folder.
 * @throws {ConfigError} If a file cannot be read.
 */
export function findStaleFiles(
  texts: ReadonlyMap<string, string>,
  folder: string | URL,
): StaleFile[] {
  for (const name of texts.keys()) assertWithin(name);
  const stale: StaleFile[] = [];
  for (const [name, text] of texts) {
    const present = readTextIfThere(folder, name);
    if (present === undefined) stale.push({ name, reason: "missing" });
    else if (asWritten(present) !== text) stale.push({ name, reason: "different" });
  }
  return stale;
}

/** Without what editors and git on Windows put in, and nobody reads. */
function asWritten(text: string): string {
  return text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
}

/**
 * Writes the files of a folder that are stale. What is right already stays untouched.
 *
 * @param texts By path within the folder.
 * @param folder Made if it is missing.
 * @returns What was stale, in the order given.
 * @throws {TypeError} If a name leads out of the folder; nothing is written then.
 * @throws {ConfigError} If a file cannot be read or written.
 */
export async function writeStaleFiles(
  texts: ReadonlyMap<string, string>,
  folder: string | URL,
): Promise<StaleFile[]> {
  const stale = findStaleFiles(texts, folder);
  for (const { name } of stale) {
    await writeText(fileIn(folder, name), texts.get(name)!);
  }
  return stale;
}

/**
 * Reads a file of a folder at once, as an app is set up.
 *
 * @returns `undefined` if there is none.
 * @throws {ConfigError} If it cannot be read.
 */
export function readTextIfThere(folder: string | URL, name: string): string | undefined {
  const file = fileIn(folder, name);
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw inaccessible("read", file, error);
  }
}

/**
 * Names the files of a folder, and of those in it, whose names end so. What begins with a dot is left
 * out, and so are packages of npm and links.
 *
 * @returns Paths within the folder; none if it is not there.
 * @throws {ConfigError} If it cannot be read.
 */
export function listFolder(folder: string | URL, ending: string, within = ""): string[] {
  const place = fileIn(folder, within);
  try {
    return readdirSync(place, { withFileTypes: true }).flatMap((entry) => {
      const { name } = entry;
      const [isFile, isDirectory] = [entry.isFile(), entry.isDirectory()];
      const path = within === "" ? name : `${within}/${name}`;
      if (isFile) return name.endsWith(ending) ? [path] : [];
      const isOurs = isDirectory && !name.startsWith(".") && name !== "node_modules";
      return isOurs ? listFolder(folder, ending, path) : [];
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    if (error instanceof ConfigError) throw error;
    throw inaccessible("read", place, error);
  }
}

/** Where a file of a folder is, as a path for messages. */
export function pathIn(folder: string | URL, name: string): string {
  return fileURLToPath(fileIn(folder, name));
}

/** @throws {TypeError} If it is no folder of this machine. */
export function assertFolder(of: string, folder: string | URL): void {
  if (folder instanceof URL ? folder.protocol === "file:" : isPath(folder)) return;
  throw new TypeError(
    `Cannot use "${folder}" as the folder "proto" of ${of}: use a path, or a URL of a file, as in ` +
      `new URL("./proto/", import.meta.url)`,
  );
}

/** A URL as a text would be taken for a path, and nothing for the folder that one happens to be in. */
function isPath(folder: unknown): boolean {
  return typeof folder === "string" && folder !== "" && !/^[a-z][\w+.-]+:/i.test(folder);
}

function assertWithin(name: string): void {
  if (!/[\\\0]/.test(name) && !name.split("/").some((part) => NO_NAME.test(part))) return;
  throw new TypeError(
    `Cannot write "${name}" to a folder: use a path within it, such as "demo/v1/demo.proto"`,
  );
}

function fileIn(folder: string | URL, name: string): URL {
  const base = folder instanceof URL ? new URL(folder) : pathToFileURL(folder);
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  return new URL(`./${name.split("/").map(encodeURIComponent).join("/")}`, base);
}

async function writeText(file: URL, text: string): Promise<void> {
  try {
    await mkdir(new URL(".", file), { recursive: true });
    await writeFile(file, text);
  } catch (error) {
    throw inaccessible("write", file, error);
  }
}

function inaccessible(action: "read" | "write", file: URL, cause: unknown): ConfigError {
  const { name, message } = cause as Error;
  const reason = name === "NotCapable" ? `allow it by --allow-${action}` : message;
  return new ConfigError(`Cannot ${action} "${fileURLToPath(file)}": ${reason}`, { cause });
}
