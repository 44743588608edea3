/**
 * The `.proto` files of the service of `wide_service.ts`, with those that they import, as a module of
 * `buf` that has the lint rules of the project.
 *
 * @module
 */

import type { FastGRPC } from "../../mod.ts";
import { type BufModule, createBufModule } from "./buf_module.ts";
import { WIDE_IMPORT } from "./wide_service.ts";

const ROOT = new URL("../../", import.meta.url);

/** Writes an app's files to a folder, as a user would who generates code from them. */
export async function createProtoModule(app: FastGRPC): Promise<BufModule> {
  const config = await Deno.readTextFile(new URL("buf.yaml", ROOT));
  return await createBufModule(
    new Map([
      ["buf.yaml", config.replace("path: proto", "path: .").replaceAll("- proto/", "- ")],
      [WIDE_IMPORT, await Deno.readTextFile(new URL(`proto/${WIDE_IMPORT}`, ROOT))],
      ...Object.entries(app.toProto()),
    ]),
  );
}
