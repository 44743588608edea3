/**
 * The `.proto` files of a folder.
 *
 * @module
 */

/** Reads all files below a folder, by the name that others import them by. */
export async function readProtoTexts(
  folder: URL,
  prefix: string = "",
): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) {
      const inner = await readProtoTexts(new URL(`${name}/`, folder), `${prefix}${name}/`);
      for (const [name, text] of inner) texts.set(name, text);
    } else if (name.endsWith(".proto")) {
      texts.set(prefix + name, await Deno.readTextFile(new URL(name, folder)));
    }
  }
  return texts;
}
