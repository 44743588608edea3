/**
 * The `.proto` files that those in `proto/` import and that come from npm packages, as generated code
 * alone. The kit makes text of them again, in an ignored folder, where `buf.imports.yaml` has them.
 *
 * @module
 */

import { file_buf_validate_validate } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { toProtoText } from "../../src/proto_text/proto_text.ts";

const FOLDER = new URL("../../.cache/proto/", import.meta.url);

/** Writes them. */
export async function writeProtoImports(): Promise<void> {
  for (const file of [file_buf_validate_validate]) {
    const url = new URL(file.proto.name, FOLDER);
    await Deno.mkdir(new URL(".", url), { recursive: true });
    await Deno.writeTextFile(url, toProtoText(file));
  }
}

if (import.meta.main) await writeProtoImports();
