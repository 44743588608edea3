/**
 * `.proto` files that exist for a test only, given to `buf` as a module of their own.
 *
 * @module
 */

import { assert } from "@std/assert";
import { createFileRegistry, type FileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { runBuf } from "./buf.ts";

/** Texts by the name that others import them by. */
export type ProtoTexts = ReadonlyMap<string, string>;

/** Files in a folder of their own, with what `buf` does to them. */
export interface BufModule extends AsyncDisposable {
  readonly folder: string;
  /** Compiles all, with comments. Imports are there as well. */
  build(): Promise<FileRegistry>;
  /** What `buf format` would change, "" for nothing. */
  format(): Promise<string>;
  /** What `buf lint` says with its standard rules, "" for nothing. */
  lint(): Promise<string>;
}

/** Writes the files to a folder. */
export async function createBufModule(texts: ProtoTexts): Promise<BufModule> {
  const folder = await Deno.makeTempDir({ prefix: "proto-" });
  for (const [name, text] of texts) {
    const path = `${folder}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, text);
  }
  const output = async (...args: string[]) => (await runBuf(...args)).output;
  return {
    folder,
    async build() {
      const image = `${folder}.binpb`;
      try {
        const built = await runBuf("build", folder, "--as-file-descriptor-set", "-o", image);
        assert(built.success, built.output);
        return createFileRegistry(fromBinary(FileDescriptorSetSchema, await Deno.readFile(image)));
      } finally {
        await Deno.remove(image).catch(() => {});
      }
    },
    format: () => output("format", folder, "--diff", "--exit-code"),
    lint: () => output("lint", folder),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
