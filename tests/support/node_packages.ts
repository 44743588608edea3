/**
 * Scripts for Node with packages of npm: those of `tests/interop/node/`, copied beside packages that
 * are installed as its package-lock.json says, into an ignored folder and on first use.
 *
 * @module
 */

import { runCommand, transcript } from "./command.ts";

const SOURCE = new URL("../interop/node/", import.meta.url);
const FOLDER = new URL("../../.cache/interop/", import.meta.url);
const LOCK = "package-lock.json";

/** The path of a script beside its packages, ready for `node`. */
export async function prepareNodeScript(name: string): Promise<string> {
  if (!await isInstalled()) await install();
  const copy = new URL(name, FOLDER);
  await Deno.copyFile(new URL(name, SOURCE), copy);
  return copy.pathname;
}

/** The version of a package that is pinned. */
export async function nodePackageVersion(name: string): Promise<string> {
  const { packages } = JSON.parse(await Deno.readTextFile(new URL(LOCK, SOURCE)));
  return packages[`node_modules/${name}`].version;
}

/** The lock file is copied last, so it tells of an installation that was finished. */
async function isInstalled(): Promise<boolean> {
  try {
    const [pinned, installed] = await Promise.all([
      Deno.readTextFile(new URL(LOCK, SOURCE)),
      Deno.readTextFile(new URL(`installed-${LOCK}`, FOLDER)),
    ]);
    return pinned === installed;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function install(): Promise<void> {
  console.error("Installing packages for Node ...");
  await Deno.mkdir(FOLDER, { recursive: true });
  for (const name of ["package.json", LOCK]) {
    await Deno.copyFile(new URL(name, SOURCE), new URL(name, FOLDER));
  }
  const result = await runCommand("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: FOLDER,
    boundMs: 120_000,
  });
  if (result.code !== 0) throw new Error(`npm ci failed:\n${transcript(result)}`);
  await Deno.copyFile(new URL(LOCK, SOURCE), new URL(`installed-${LOCK}`, FOLDER));
}
