/**
 * What `buf breaking` thinks of pairs of files: many pairs in one run of it, each under a path of its
 * own.
 *
 * @module
 */

import type { FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import { runBuf } from "./buf.ts";
import { toImage } from "./schema_descriptors.ts";

/** Two generations of a file, under one path. */
export interface FilePair {
  readonly old: FileDescriptorProto;
  readonly new: FileDescriptorProto;
}

/** What `buf breaking` reports, by path; a path is missing if it has nothing to report. */
export async function bufBreaking(
  pairs: readonly FilePair[],
  rules: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeFile(`${folder}/old.binpb`, toImage(pairs.map((pair) => pair.old)));
    await Deno.writeFile(`${folder}/new.binpb`, toImage(pairs.map((pair) => pair.new)));
    const { output } = await runBuf(
      ...["breaking", `${folder}/new.binpb`, "--against", `${folder}/old.binpb`],
      ...["--error-format", "json"],
      ...["--config", JSON.stringify({ version: "v2", breaking: { use: rules } })],
    );
    return byPath(output);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function byPath(output: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const line of output.split("\n").filter((line) => line !== "")) {
    if (!line.startsWith("{")) throw new Error(`buf breaking failed: ${output}`);
    const { path, type, message } = JSON.parse(line);
    found.set(path, [...found.get(path) ?? [], `${type}: ${message}`]);
  }
  return found;
}
