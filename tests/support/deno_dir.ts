/**
 * A cache of Deno's in a folder of its own: no module is in it, and none is left in the user's. Packages of
 * npm are shared with it, and esbuild, by which Deno bundles.
 *
 * @module
 */

import { runCommand } from "./command.ts";

/** The folder, for `DENO_DIR`. Gone when the test's block ends. */
export interface DenoDir extends AsyncDisposable {
  readonly path: string;
}

/** Makes the folder. */
export async function createDenoDir(): Promise<DenoDir> {
  const { stdout } = await runCommand(Deno.execPath(), ["info", "--json"]);
  const { denoDir, npmCache } = JSON.parse(stdout);
  const path = await Deno.makeTempDir();
  await Deno.symlink(npmCache, `${path}/npm`);
  await Deno.mkdir(`${path}/dl`);
  for (const name of await namesIn(`${denoDir}/dl`)) {
    if (name.startsWith("esbuild-")) {
      await Deno.symlink(`${denoDir}/dl/${name}`, `${path}/dl/${name}`);
    }
  }
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
