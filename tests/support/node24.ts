/**
 * Node 24, for which the kit is as a package of npm: the one that is installed, or one from npm, where
 * packages called `node-<system>-<processor>` hold the program. Kept in an ignored folder.
 *
 * @module
 */

import { runCommand, transcript } from "./command.ts";
import { isInstalled } from "./program.ts";

const VERSION = "24.21.0";
const FOLDER = new URL(`../../.cache/tools/node@${VERSION}/`, import.meta.url);
const SYSTEMS: Readonly<Record<string, string>> = { windows: "win", darwin: "darwin" };
const PROCESSORS: Readonly<Record<string, string>> = { x86_64: "x64", aarch64: "arm64" };

/**
 * Runs npm in a folder, with Node 24.
 *
 * @throws {Error} If it fails.
 */
export async function npm24(args: readonly string[], cwd: string): Promise<void> {
  const node = await node24();
  const path = `${new URL(".", `file://${node}`).pathname}:${Deno.env.get("PATH")}`;
  await npm(args, { cwd, env: node === "node" ? {} : { PATH: path } });
}

/** What to run as `node`. */
export async function node24(): Promise<string> {
  if (await isInstalled("node") && await majorOf("node") >= 24) return "node";
  const name = `node-${SYSTEMS[Deno.build.os] ?? "linux"}-${PROCESSORS[Deno.build.arch]}`;
  const program = new URL(`node_modules/${name}/bin/node`, FOLDER).pathname;
  if (await isInstalled(program)) return program;
  console.error(`Installing Node ${VERSION} ...`);
  await Deno.mkdir(FOLDER, { recursive: true });
  await npm(["install", "--prefix", FOLDER.pathname, `${name}@${VERSION}`]);
  return program;
}

async function majorOf(node: string): Promise<number> {
  const { stdout } = await runCommand(node, ["--version"]);
  return Number(/^v(\d+)/.exec(stdout)?.[1]);
}

async function npm(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Record<string, string> } = {},
): Promise<void> {
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
  const result = await runCommand("npm", [...args, ...quiet], { ...options, boundMs: 300_000 });
  if (result.code !== 0) throw new Error(`npm ${args.join(" ")} failed:\n${transcript(result)}`);
}
