/**
 * Programs of ours for other engines than Deno: one script with all that it imports, packages and
 * generated code alike, found as Deno finds them. `deno bundle` is esbuild below.
 *
 * @module
 */

const ROOT = new URL("../../", import.meta.url);

/** Where a bundle runs: in a page, or in Node. */
export type BundlePlatform = "browser" | "deno";

/**
 * Bundles a module with its imports.
 *
 * @returns The text of a module without imports, save those of Node's own modules.
 */
export async function bundle(entry: URL, platform: BundlePlatform): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", `--platform=${platform}`, entry.href],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(`Cannot bundle ${entry}:\n${new TextDecoder().decode(stderr)}`);
}
