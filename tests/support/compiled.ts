/**
 * What `deno task compile` makes, taken apart: what it may do, and the one module that is in it. The
 * format is Deno's own, of 2.9: a JSON of its settings behind a mark, and further on a list of files with
 * their bytes behind it. Deno's runtime part, which would run it, comes from elsewhere.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { type CommandResult, runCommand } from "./command.ts";

const ROOT = new URL("../../", import.meta.url);
const OUTPUT = "dist/server";
const MARK = new TextEncoder().encode("d3n0l4nd");
const FILES = new TextEncoder().encode(`[{"File":`);
const LENGTH_BYTES = 8;

/** Permissions as they are baked in; those that are not allowed are `null`. */
export interface BakedPermissions {
  readonly prompt: boolean;
  readonly [name: `${"allow" | "deny"}_${string}`]: readonly string[] | null;
}

/** A compiled program. */
export interface Compiled {
  readonly permissions: BakedPermissions;
  /** The file that runs first. */
  readonly entry: string;
  /** The files in it, by their names. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Runs the task, with its result in another place. */
export async function runCompile(
  output: string,
  env: Readonly<Record<string, string>>,
): Promise<CommandResult> {
  // In quotes is what deno task would take for a pattern of files.
  const [deno, ...args] = config.tasks.compile.command.replaceAll("'", "").split(" ");
  assertEquals(deno, "deno");
  assert(args.includes(OUTPUT), `the task makes ${OUTPUT}`);
  return await runCommand(Deno.execPath(), args.map((arg) => arg === OUTPUT ? output : arg), {
    cwd: ROOT,
    env,
    boundMs: 120_000,
  });
}

/** Takes a compiled program apart. */
export function readCompiled(binary: Uint8Array): Compiled {
  const start = indexOf(binary, new Uint8Array([...MARK, ...MARK])) + 2 * MARK.length;
  const metadata = readBlock(binary, start);
  const { permissions, entrypoint_key: entry } = JSON.parse(textOf(metadata));
  const list = readBlock(binary, indexOf(binary, FILES, endOf(metadata)) - LENGTH_BYTES);
  const contents = readBlock(binary, endOf(list));
  const files = new Map<string, Uint8Array>();
  for (const { File: { n: name, o: [offset, length] } } of JSON.parse(textOf(list))) {
    files.set(name, contents.slice(offset, offset + length));
  }
  return { permissions, entry, files };
}

/** The flags that give a program what is baked in. */
export function flagsOf(permissions: BakedPermissions): string[] {
  return Object.entries(permissions).flatMap(([name, values]) => {
    const isDefault = name === "allow_import" || name === "deny_import";
    if (!Array.isArray(values) || isDefault) return [];
    return `--${name.replace("_", "-")}=${values.join()}`;
  });
}

/** A length in eight bytes, and so many bytes behind it. */
function readBlock(binary: Uint8Array, at: number): Uint8Array {
  const view = new DataView(binary.buffer, binary.byteOffset + at, LENGTH_BYTES);
  const start = at + LENGTH_BYTES;
  return binary.subarray(start, start + Number(view.getBigUint64(0, true)));
}

function endOf(block: Uint8Array): number {
  return block.byteOffset + block.byteLength;
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array, from = 0): number {
  for (let at = bytes.indexOf(wanted[0]!, from); at >= 0; at = bytes.indexOf(wanted[0]!, at + 1)) {
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  throw new Error("Cannot find what was compiled in: has Deno changed its format?");
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
