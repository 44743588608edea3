/**
 * The `.proto` files that those in `proto/` import and that come from npm packages, as generated code
 * alone. The kit makes text of them again; as a program this writes it to an ignored folder, where
 * `buf.imports.yaml` looks for it.
 *
 * @module
 */

import { file_buf_validate_validate } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { toProtoText } from "../../src/proto_text/proto_text.ts";

const FOLDER = new URL("../../.cache/proto/", import.meta.url);

/** Their texts, by the name that others import them by. */
export function protoImports(): Map<string, string> {
  const files = [file_buf_validate_validate];
  return new Map(files.map((file) => [file.proto.name, toProtoText(file)]));
}

/** Writes them. */
export async function writeProtoImports(): Promise<void> {
  for (const [name, text] of protoImports()) {
    const url = new URL(name, FOLDER);
    await Deno.mkdir(new URL(".", url), { recursive: true });
    await Deno.writeTextFile(url, text);
  }
}

if (import.meta.main) await writeProtoImports();
