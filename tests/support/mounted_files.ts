/**
 * A folder as kubelet mounts a ConfigMap or a Secret: files are links through `..data`, which is a link
 * to a hidden folder, and is put in the place of the old one at once.
 *
 * @module
 */

let generation = 0;

/** Mounts files, or replaces all those that are mounted. */
export async function mountFiles(
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const data = `..${++generation}`;
  await Deno.mkdir(`${folder}/${data}`, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${data}/${name}`, text);
    await linkOnce(`..data/${name}`, `${folder}/${name}`);
  }
  await Deno.symlink(data, `${folder}/..data_tmp`);
  const old = await Deno.readLink(`${folder}/..data`).catch(() => undefined);
  await Deno.rename(`${folder}/..data_tmp`, `${folder}/..data`);
  if (old !== undefined) await Deno.remove(`${folder}/${old}`, { recursive: true });
}

async function linkOnce(target: string, path: string): Promise<void> {
  try {
    await Deno.symlink(target, path);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}
