/**
 * The descriptors of the conformance suite's service, built from the sources of the Go module that
 * its runner comes from, once for each version, into an ignored folder.
 *
 * @module
 */

import { runBuf } from "../support/buf.ts";
import { goModuleFolder } from "../support/tools.ts";

const FOLDER = new URL("../../.cache/conformance/", import.meta.url);
const MODULE = "connectrpc.com/conformance";

/** Builds the image unless it is there. Returns its path. */
export async function buildImage(version: string): Promise<string> {
  const folder = new URL(`${version}/`, FOLDER);
  const { pathname } = new URL("image.binpb", folder);
  try {
    await Deno.stat(pathname);
    return pathname;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await Deno.mkdir(folder, { recursive: true });
  const source = await goModuleFolder(MODULE, version);
  const { success, output } = await runBuf("build", `${source}/proto`, "--output", pathname);
  if (!success) throw new Error(`Cannot build the descriptors of ${MODULE}:\n${output}`);
  return pathname;
}
