/**
 * Descriptors as `.proto` files in a folder: to write them, and to tell which of them are stale.
 * What is in a file is `proto_text/`'s.
 *
 * @module
 */

import type { DescFile } from "@bufbuild/protobuf";
import { pathToFileURL } from "node:url";
import { toProtoText } from "./proto_text/proto_text.ts";

/** A file whose text in the folder is not what it should be. */
export interface StaleProtoFile {
  /** Path within the folder, such as `greeter/v1/greeter.proto`. */
  readonly name: string;
  /** Not there, or there with another text. */
  readonly reason: "missing" | "different";
}

/** A part of a path that leads out of the folder, or is none. */
const NO_NAME = /^\.{0,2}$/;

/**
 * Writes files as `.proto` text, in folders as their names say. What is there already stays
 * untouched, and so do files that are not given.
 *
 * @param files Without their imports, unless those are to be written too.
 * @param directory Made if it is missing.
 * @returns The names of the files that were written, in the order given.
 * @throws {TypeError} If a descriptor has no text, or a name leads out of the folder; nothing is
 * written then.
 */
export async function writeProtoFiles(
  files: Iterable<DescFile>,
  directory: string | URL,
): Promise<string[]> {
  const texts = toTexts(files);
  const written: string[] = [];
  for (const { name } of await findStale(texts, directory)) {
    const url = toUrl(name, directory);
    await Deno.mkdir(new URL(".", url), { recursive: true });
    await Deno.writeTextFile(url, texts.get(name)!);
    written.push(name);
  }
  return written;
}

/**
 * Tells which files of a folder {@linkcode writeProtoFiles} would write.
 *
 * @returns Those that are missing or differ, in the order given; none if all is up to date.
 * @throws {TypeError} If a descriptor has no text, or a name leads out of the folder.
 */
export async function findStaleProtoFiles(
  files: Iterable<DescFile>,
  directory: string | URL,
): Promise<StaleProtoFile[]> {
  return await findStale(toTexts(files), directory);
}

async function findStale(
  texts: ReadonlyMap<string, string>,
  directory: string | URL,
): Promise<StaleProtoFile[]> {
  const stale: StaleProtoFile[] = [];
  for (const [name, text] of texts) {
    const present = await readIfThere(toUrl(name, directory));
    if (present === undefined) stale.push({ name, reason: "missing" });
    else if (present !== text) stale.push({ name, reason: "different" });
  }
  return stale;
}

/** All texts come before the first file, so that what cannot be written leaves nothing half done. */
function toTexts(files: Iterable<DescFile>): Map<string, string> {
  const texts = new Map<string, string>();
  for (const file of files) {
    const { name } = file.proto;
    if (/[\\\0]/.test(name) || name.split("/").some((part) => NO_NAME.test(part))) {
      throw new TypeError(
        `Cannot write "${name}" to a folder: use a path within it, such as "demo/v1/demo.proto"`,
      );
    }
    texts.set(name, toProtoText(file));
  }
  return texts;
}

function toUrl(name: string, directory: string | URL): URL {
  const folder = directory instanceof URL ? new URL(directory) : pathToFileURL(directory);
  if (!folder.pathname.endsWith("/")) folder.pathname += "/";
  return new URL(`./${name.split("/").map(encodeURIComponent).join("/")}`, folder);
}

async function readIfThere(url: URL): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(url);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
