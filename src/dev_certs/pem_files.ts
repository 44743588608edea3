/**
 * Text files that appear whole or not at all, whatever else writes to the same place at the same
 * time: each is written under a name of its own first and then put into place in one step.
 */

import { fileURLToPath } from "node:url";

/**
 * Reads a file that may be missing.
 *
 * @param url the file
 * @returns its text, or `undefined` where there is none
 */
export async function readTextFileIfExists(url: URL): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(url);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Puts a file that only its owner may read into place, unless there is one already.
 *
 * @param url the file; its directory is made where it is missing
 * @param text what it is to hold
 * @returns whether the file is this call's; otherwise another one was first, and is untouched
 */
export async function createSecretFile(url: URL, text: string): Promise<boolean> {
  const temporary = await writeTemporaryFile(url, text, 0o600);
  try {
    // A rename would replace the file of a process that came first; a link fails on it.
    await Deno.link(fileURLToPath(temporary), fileURLToPath(url));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  } finally {
    await Deno.remove(temporary);
  }
}

/**
 * Puts a file into place, in exchange for the one that is there.
 *
 * @param url the file; its directory is made where it is missing
 * @param text what it is to hold
 */
export async function replaceFile(url: URL, text: string): Promise<void> {
  const temporary = await writeTemporaryFile(url, text, 0o644);
  try {
    await Deno.rename(temporary, url);
  } catch (error) {
    await Deno.remove(temporary);
    throw error;
  }
}

async function writeTemporaryFile(target: URL, text: string, mode: number): Promise<URL> {
  await Deno.mkdir(new URL(".", target), { recursive: true });
  const url = new URL(`${target.href}.${crypto.randomUUID()}.tmp`);
  // Deno.writeTextFile() sets the mode after it has written: the key could be read until then.
  const file = await Deno.open(url, { write: true, createNew: true, mode });
  await ReadableStream.from([new TextEncoder().encode(text)]).pipeTo(file.writable);
  return url;
}
