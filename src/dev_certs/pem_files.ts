/**
 * Text files that appear whole or not at all, whatever else writes to the same place at the same
 * time: each is written under a name of its own first and then put into place in one step. What the
 * file system refuses becomes a `ConfigError` that names the file.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { ConfigError } from "../errors.ts";

/**
 * Reads a file that may be missing.
 *
 * @param url the file
 * @returns its text, or `undefined` where there is none
 * @throws {ConfigError} when it is there and cannot be read
 */
export async function readTextFileIfExists(url: URL): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(url);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw cannot("read", url, cause, "make it a file that you may read, or delete it");
  }
}

/**
 * Puts a file that only its owner may read into place, unless there is one already.
 *
 * @param url the file; its directory is made where it is missing
 * @param text what it is to hold
 * @returns what the file holds now: the text, or that of another process that was first
 * @throws {ConfigError} when it cannot be made, or a link without a target is in its place
 */
export async function createSecretFile(url: URL, text: string): Promise<string> {
  const temporary = await writeTemporaryFile(url, text, 0o600);
  try {
    // A rename would replace the file of a process that came first; a link fails on it.
    await Deno.link(fileURLToPath(temporary), fileURLToPath(url));
    return text;
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AlreadyExists)) throw cannotWrite(url, cause);
    const found = await readTextFileIfExists(url);
    if (found !== undefined) return found;
    const file = fileURLToPath(url);
    throw new ConfigError(
      `Cannot read "${file}": it is a link to a file that is not there, delete it`,
    );
  } finally {
    await Deno.remove(temporary);
  }
}

/**
 * Puts a file into place, in exchange for the one that is there.
 *
 * @param url the file; its directory is made where it is missing
 * @param text what it is to hold
 * @throws {ConfigError} when it cannot be written
 */
export async function replaceFile(url: URL, text: string): Promise<void> {
  const temporary = await writeTemporaryFile(url, text, 0o644);
  try {
    await Deno.rename(temporary, url);
  } catch (cause) {
    await Deno.remove(temporary);
    throw cannotWrite(url, cause);
  }
}

async function writeTemporaryFile(target: URL, text: string, mode: number): Promise<URL> {
  const url = new URL(`${target.href}.${crypto.randomUUID()}.tmp`);
  try {
    await Deno.mkdir(new URL(".", target), { recursive: true });
    // Deno.writeTextFile() sets the mode after it has written: the key could be read until then.
    const file = await Deno.open(url, { write: true, createNew: true, mode });
    await ReadableStream.from([new TextEncoder().encode(text)]).pipeTo(file.writable);
  } catch (cause) {
    throw cannotWrite(target, cause);
  }
  return url;
}

function cannotWrite(url: URL, cause: unknown): ConfigError {
  return cannot("write", url, cause, "make its directory one that you may write to");
}

function cannot(action: string, url: URL, cause: unknown, remedy: string): ConfigError {
  const message = cause instanceof Error ? cause.message : String(cause);
  // Deno's own permissions name their remedy; the system's errors repeat the file after a colon.
  const why = cause instanceof Deno.errors.NotCapable
    ? message
    : `${message.split(": ", 1)[0]}: ${remedy}`;
  return new ConfigError(`Cannot ${action} "${fileURLToPath(url)}": ${why}`, { cause });
}
