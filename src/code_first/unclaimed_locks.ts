/**
 * Locks that no service has any more: of a package that was renamed, or whose last service was
 * removed. The lock of a package that is there tells what is gone from it; one that nobody reads
 * tells nothing.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import { readLock } from "../lock/lock_file.ts";
import type { CodePackage } from "./code_package.ts";
import { listFolder, pathIn, readTextIfThere } from "./proto_folder.ts";

/**
 * Looks for such locks in the folders that packages use.
 *
 * @returns What is to be said of each, with the remedy in a second line.
 * @throws {ConfigError} If a folder or a file in it cannot be read.
 */
export function findUnclaimedLocks(packages: readonly CodePackage[]): string[] {
  const claimed = new Set(packages.map(({ folder, lockName }) => pathIn(folder!, lockName)));
  const folders = new Map(packages.map(({ folder }) => [pathIn(folder!, ""), folder!]));
  const found = new Map<string, string>();
  for (const folder of folders.values()) {
    for (const name of listFolder(folder, ".lock")) {
      const path = pathIn(folder, name);
      const packageName = claimed.has(path) ? undefined : packageIn(folder, name);
      if (packageName !== undefined) found.set(path, unclaimed(packageName, path));
    }
  }
  return [...found].sort(([a], [b]) => a < b ? -1 : 1).map(([, text]) => text);
}

/** Others have files of that name too. */
function packageIn(folder: string | URL, name: string): string | undefined {
  try {
    return readLock(readTextIfThere(folder, name) ?? "", name).package;
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

function unclaimed(packageName: string, path: string): string {
  return `Package "${packageName}" has a lock "${path}", and no services that clients call\n` +
    "  remedy: name the module that has them too, or keep them until no client calls them, then " +
    "delete the lock and its .proto";
}
