/**
 * What a run of the benchmark is told, and what it prepares for itself.
 *
 * @module
 */

import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { ensureDevCerts } from "../src/dev_certs/dev_certs.ts";
import { CONTESTANTS } from "./contestants.ts";
import { CACHE, ROOT } from "./folders.ts";
import { ROWS } from "./rows.ts";

/** The text of `--help`. */
export const HELP: string = `Measures the kit beside others.

Options:
  --contestants <a,b>   some of ${CONTESTANTS.map(({ name }) => name).join(", ")}
  --rows <a,b>          some of ${ROWS.map(({ name }) => name).join(", ")}
  --rounds <n>          how often to measure each row (default 5)
  --seconds <n>         how long each time (default 1)
  --quick               one short round, to see that all of it works
  --output <folder>     where the report goes, instead of bench/RESULTS.md and docs/bench.svg;
                        a run with other options puts it into .cache/bench/ by itself
  --help                show this
`;

/** How to run. */
export interface Settings {
  readonly contestants: readonly string[];
  readonly rows: readonly string[];
  readonly rounds: number;
  readonly seconds: number;
  /** How long a server that was just started is warmed up. */
  readonly warmUpMs: number;
  readonly isHelp: boolean;
  /** Where the table and the chart go. */
  readonly table: URL;
  readonly chart: URL;
}

/** PEM files, as paths. */
export interface CertificateFiles {
  readonly ca: string;
  readonly serverCertificate: string;
  readonly serverKey: string;
  readonly clientCertificate: string;
  readonly clientKey: string;
}

/** Reads the arguments. @throws {Error} If there is a mistake in them. */
export function readSettings(args: string[]): Settings {
  const { values } = parseArgs({
    args,
    options: {
      contestants: { type: "string" },
      rows: { type: "string" },
      rounds: { type: "string" },
      seconds: { type: "string" },
      quick: { type: "boolean", default: false },
      output: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const { quick, output, help } = values;
  const isWhole = args.length === 0;
  const folder = output === undefined ? CACHE : pathToFileURL(`${resolve(output)}/`);
  return {
    contestants: pick("contestant", values.contestants, CONTESTANTS),
    rows: pick("row", values.rows, ROWS),
    rounds: readNumber("rounds", values.rounds) ?? (quick ? 1 : 5),
    seconds: readNumber("seconds", values.seconds) ?? (quick ? 0.3 : 1),
    warmUpMs: quick ? 200 : 1000,
    isHelp: help,
    table: isWhole ? new URL("bench/RESULTS.md", ROOT) : new URL("RESULTS.md", folder),
    chart: isWhole ? new URL("docs/bench.svg", ROOT) : new URL("bench.svg", folder),
  };
}

/** Certificates for the rows that need them. */
export async function prepareCertificates(): Promise<CertificateFiles> {
  const files = await ensureDevCerts({ directory: new URL("certs/", CACHE) });
  return {
    ca: fileURLToPath(files.caCertificate),
    serverCertificate: fileURLToPath(files.sslCertificateChain),
    serverKey: fileURLToPath(files.sslPrivateKey),
    clientCertificate: fileURLToPath(files.clientCertificateChain),
    clientKey: fileURLToPath(files.clientPrivateKey),
  };
}

function pick(
  what: string,
  list: string | undefined,
  all: readonly { readonly name: string }[],
): string[] {
  const names = all.map(({ name }) => name);
  if (list === undefined) return names;
  const picked = list.split(",");
  for (const name of picked) {
    if (!names.includes(name)) {
      throw new Error(`Cannot measure the ${what} "${name}": use some of ${names.join(", ")}`);
    }
  }
  return names.filter((name) => picked.includes(name));
}

function readNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0)) throw new Error(`Cannot use --${name} "${text}": use a number above 0`);
  return value;
}
