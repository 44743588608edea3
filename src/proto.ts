/**
 * The `.proto` files and locks of services in code: written, or checked. The command `proto` does so
 * for the apps of modules.
 *
 * @module
 */

import { appServices, FastGRPC } from "./app.ts";
import { type CodePackage, compilePackages } from "./code_first/code_package.ts";
import { assertFolder, findStaleFiles, writeStaleFiles } from "./code_first/proto_folder.ts";
import { type ProtoReport, reportOn } from "./code_first/proto_report.ts";
import { findUnclaimedLocks } from "./code_first/unclaimed_locks.ts";
import { assertKnownOptions } from "./errors.ts";

export type { ProtoReport, StaleProtoFile } from "./code_first/proto_report.ts";
export { toProtoText } from "./proto_text/proto_text.ts";

/** Options of {@linkcode checkProto} and {@linkcode writeProto}. */
export interface ProtoOptions {
  /**
   * The folder for services that name none by their own `proto`.
   *
   * @default {"proto"} in the current directory
   */
  folder?: string | URL;
}

/**
 * Tells what {@linkcode writeProto} would do, and writes nothing.
 *
 * @param apps All that have services of the same packages, for those share their locks, and of the
 *   same folders, as a lock there that is no app's is a problem.
 * @throws {TypeError} If a schema cannot be expressed, or an option is unknown.
 * @throws {ConfigError} If a lock or a `.proto` file cannot be read.
 */
export async function checkProto(
  apps: FastGRPC | readonly FastGRPC[],
  options: ProtoOptions = {},
): Promise<ProtoReport> {
  const packages = compileApps(apps, options);
  const report = await reportOn(packages, findStaleFiles);
  return { ...report, problems: [...report.problems, ...findUnclaimedLocks(packages)] };
}

/**
 * Writes the `.proto` files and the locks of the services in code of apps, where they are not up to
 * date.
 *
 * @param apps All that have services of the same packages, for those share their locks, and of the
 *   same folders, as a lock there that is no app's is worth a warning.
 * @throws {TypeError} If a schema cannot be expressed, or an option is unknown.
 * @throws {ConfigError} If a lock or a `.proto` file cannot be read or written.
 */
export async function writeProto(
  apps: FastGRPC | readonly FastGRPC[],
  options: ProtoOptions = {},
): Promise<ProtoReport> {
  const packages = compileApps(apps, options);
  const report = await reportOn(packages, writeStaleFiles);
  return { ...report, warnings: [...report.warnings, ...findUnclaimedLocks(packages)] };
}

function compileApps(
  apps: FastGRPC | readonly FastGRPC[],
  options: ProtoOptions,
): CodePackage[] {
  assertKnownOptions("look after .proto files", options, ["folder"]);
  const { folder = "proto" } = options;
  assertFolder("services that name none", folder);
  const all = apps instanceof FastGRPC ? [apps] : apps;
  const services = new Set(all.flatMap((app) => appServices(app).code));
  return compilePackages([...services], { validateReplies: true, defaultFolder: folder });
}
