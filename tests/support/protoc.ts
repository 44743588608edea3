/**
 * `protoc`, as grpcio-tools brings it: pinned, put into an ignored folder on first use. Those of
 * distributions are often older than editions.
 *
 * @module
 */

import { assert } from "@std/assert";
import { createFileRegistry, type FileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { isInstalled } from "./program.ts";

const VERSION = "1.85.1";
const FOLDER = new URL(`../../.cache/tools/grpcio-tools@${VERSION}/`, import.meta.url);

/** Prepares it, and resolves with Python's path; with why it cannot be had, if it cannot. */
export async function prepareProtoc(): Promise<
  { readonly python: string } | { readonly leftOut: string }
> {
  const python = new URL("bin/python", FOLDER).pathname;
  if (await isProtocThere(python)) return { python };
  if (!await isInstalled("python3")) return { leftOut: "protoc: python3 is not installed" };
  for (
    const [program, ...args] of [
      ["python3", "-m", "venv", FOLDER.pathname],
      [python, "-m", "pip", "install", "--quiet", `grpcio-tools==${VERSION}`],
    ] as const
  ) {
    const { success, stderr } = await new Deno.Command(program, { args }).output();
    if (!success) return { leftOut: `protoc: ${new TextDecoder().decode(stderr).trim()}` };
  }
  return { python };
}

/** Compiles all files of a folder. */
export async function runProtoc(
  python: string,
  { folder, names }: { readonly folder: string; readonly names: readonly string[] },
): Promise<FileRegistry> {
  const output = await Deno.makeTempFile({ suffix: ".binpb" });
  try {
    const { success, stderr } = await new Deno.Command(python, {
      args: [
        ...["-m", "grpc_tools.protoc", `-I${folder}`, "--include_imports"],
        ...[`--descriptor_set_out=${output}`, ...names],
      ],
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    return createFileRegistry(fromBinary(FileDescriptorSetSchema, await Deno.readFile(output)));
  } finally {
    await Deno.remove(output);
  }
}

async function isProtocThere(python: string): Promise<boolean> {
  try {
    const args = ["-m", "grpc_tools.protoc", "--version"];
    return (await new Deno.Command(python, { args }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
