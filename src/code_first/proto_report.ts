/**
 * What is to be said of the `.proto` files and locks of services in code, and to be done about them.
 *
 * @module
 */

import { formatLock } from "../lock/lock_file.ts";
import { toProtoText } from "../proto_text/proto_text.ts";
import type { CodePackage } from "./code_package.ts";
import { pathIn, readTextIfThere, type StaleFile } from "./proto_folder.ts";

/** A file that was not as it should be. */
export interface StaleProtoFile {
  /** Where it is, or should be. */
  readonly path: string;
  /** Whether it is not there, or not up to date. */
  readonly reason: "missing" | "different";
}

/** What is to be said of the `.proto` files and locks of an app. */
export interface ProtoReport {
  /** What was, or would be, written. */
  readonly stale: readonly StaleProtoFile[];
  /** What has changed since the lock was written, and breaks nobody. */
  readonly changes: readonly string[];
  /** What would break clients, each with a remedy. With problems, nothing of a package is written. */
  readonly problems: readonly string[];
  /** What is right as it is, and will not stay so by itself. */
  readonly warnings: readonly string[];
}

/**
 * Visits the files of packages that all have a folder.
 *
 * @param visit What is done with files that are not up to date.
 */
export async function reportOn(
  packages: readonly CodePackage[],
  visit: (
    texts: ReadonlyMap<string, string>,
    folder: string | URL,
  ) => readonly StaleFile[] | Promise<readonly StaleFile[]>,
): Promise<ProtoReport> {
  const stale: StaleProtoFile[] = [];
  const changes: string[] = [];
  const problems: string[] = [];
  const warnings: string[] = [];
  for (const each of packages) {
    const { folder } = each;
    if (each.isLocked) changes.push(...each.applied.changes.map(({ text }) => text));
    if (!each.isGuarded) warnings.push(unguarded(each.name));
    const found = problemsOf(each);
    problems.push(...found);
    if (found.length > 0) continue;
    const files = await visit(textsOf(each), folder!);
    stale.push(...files.map(({ name, reason }) => ({ path: pathIn(folder!, name), reason })));
  }
  return { stale, changes, problems, warnings };
}

function problemsOf({ name, folder, file, lockName, isLocked, applied }: CodePackage): string[] {
  const isOurs = isLocked || readTextIfThere(folder!, file.proto.name) === undefined;
  if (isOurs) return applied.problems.map(({ text }) => text);
  return [withoutLock(name, pathIn(folder!, file.proto.name), pathIn(folder!, lockName))];
}

/** Whoever wrote it, it has numbers that clients go by, and that nobody else knows. */
function withoutLock(name: string, proto: string, lock: string): string {
  return `Package "${name}" has "${proto}", and no lock "${lock}" that its numbers are from\n` +
    "  remedy: if the lock was lost, restore it from version control; if the .proto was written by " +
    "hand, give the services in code another package; to begin anew, with other numbers, delete " +
    "the .proto";
}

/** The lock first: what is cut short there leaves no `.proto` whose numbers nobody knows. */
function textsOf({ file, lockName, applied }: CodePackage): ReadonlyMap<string, string> {
  return new Map([
    [lockName, formatLock(applied.lock)],
    [file.proto.name, toProtoText(file)],
  ]);
}

/** The folder was the command's: a server does not know of it. */
function unguarded(name: string): string {
  return `Package "${name}" is served by the order of declaration, not by its lock: set "proto" of ` +
    `its services, as in new URL("./proto/", import.meta.url)`;
}
