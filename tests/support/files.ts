/**
 * The files of a folder.
 *
 * @module
 */

/** Paths of all files in a folder and below it, relative to it and sorted. */
export async function walkFiles(folder: URL): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory) found.push(name);
    else {
      const below = await walkFiles(new URL(`${name}/`, folder));
      found.push(...below.map((path) => `${name}/${path}`));
    }
  }
  return found.sort();
}
