/**
 * What `certs` does: development certificates are made or reused, and told of with their dates.
 *
 * @module
 */

import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type DevCertificate, ensureDevCerts } from "../dev_certs/dev_certs.ts";
import { ConfigError } from "../errors.ts";
import { EXIT } from "./command.ts";
import { formatDay, formatTimeLeft } from "./days.ts";
import { withProgress } from "./progress.ts";

/** What the flags of the command said. */
export interface CertsFlags {
  readonly dir: string;
  readonly hosts: readonly string[];
  readonly days: string | undefined;
  readonly force: boolean | undefined;
}

/**
 * Makes development certificates, or reuses them, and prints which.
 *
 * @returns The exit code.
 * @throws {ConfigError} If a flag is wrong, or a file is of another origin, or cannot be written.
 */
export async function makeCerts({ dir, hosts, days, force }: CertsFlags): Promise<number> {
  if (days !== undefined && !/^\d+$/.test(days)) {
    throw new ConfigError(`Cannot use "${days}" for --days: a whole number is wanted`);
  }
  const { certificates } = await withProgress("making certificates", () =>
    ensureDevCerts({
      directory: dir,
      hosts,
      ...days !== undefined && { validDays: Number(days) },
      ...force !== undefined && { force },
    }));
  for (const certificate of certificates) console.log(describeMade(certificate, dir));
  return EXIT.ok;
}

/** One line about a certificate that was made or reused. */
export function describeMade(
  { url, created, notAfter, hosts }: DevCertificate,
  dir: string,
): string {
  const name = fileURLToPath(url).split(/[\\/]/).at(-1)!;
  const file = join(relative(".", dir) || ".", name);
  return [
    `${created ? "made  " : "reused"}  ${file}`,
    `valid until ${formatDay(notAfter)}, ${formatTimeLeft(notAfter)}`,
    ...hosts.length > 0 ? [`for ${hosts.join(", ")}`] : [],
  ].join("  ");
}
