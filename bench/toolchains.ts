/**
 * What contestants and our own client are built with. Everything is pinned, and built on first use
 * into an ignored folder; a toolchain that is missing leaves out those that need it.
 *
 * @module
 */

import { BENCH, CACHE, ROOT } from "./folders.ts";

/** The name of a toolchain. */
export type ToolchainName = "deno" | "node" | "go" | "cargo" | "python";

/** Prepares what the contestants of a toolchain need, and resolves with what their commands take. */
type Prepare = () => string | Promise<string>;

/** A toolchain is not there. */
export class MissingToolError extends Error {}

const TOOLCHAINS: Record<ToolchainName, Prepare> = {
  deno: () => Deno.execPath(),
  node: prepareNode,
  go: () => buildGo("servers/go/", "go-server"),
  cargo: prepareCargo,
  python: preparePython,
};

/** @throws {MissingToolError} If it is not installed. */
export async function prepareToolchain(name: ToolchainName): Promise<string> {
  return await TOOLCHAINS[name]();
}

/**
 * Builds our own client.
 *
 * @throws {MissingToolError} If Go is not installed.
 */
export async function prepareClient(): Promise<string> {
  return await buildGo("client/", "client");
}

/** Tells whether a program is installed. */
export async function isInstalled(program: string): Promise<boolean> {
  try {
    await new Deno.Command(program, { args: ["--version"], stdin: "null" }).output();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Copied beside its packages, as Node looks for them there. */
async function prepareNode(): Promise<string> {
  const source = new URL("servers/node/", BENCH);
  const folder = new URL("node/", CACHE);
  await Deno.mkdir(folder, { recursive: true });
  for await (const { name, isFile } of Deno.readDir(source)) {
    if (isFile) await Deno.copyFile(new URL(name, source), new URL(name, folder));
  }
  const lock = await Deno.readTextFile(new URL("package-lock.json", source));
  await once(new URL("installed", folder), lock, async () => {
    await runTool("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder);
  });
  if (!await isInstalled("node")) throw new MissingToolError("node is not installed");
  return folder.pathname;
}

/** Go itself knows what is built already. */
async function buildGo(folder: string, name: string): Promise<string> {
  const path = new URL(name, CACHE).pathname;
  await runTool("go", ["build", "-o", path, "."], new URL(folder, BENCH));
  return path;
}

/** So does Cargo. */
async function prepareCargo(): Promise<string> {
  const target = new URL("cargo/", CACHE);
  const args = ["build", "--release", "--locked", "--quiet", "--target-dir", target.pathname];
  await runTool("cargo", args, new URL("servers/tonic/", BENCH));
  return new URL("release/bench-tonic", target).pathname;
}

async function preparePython(): Promise<string> {
  const folder = new URL("python/", CACHE);
  const python = new URL("bin/python", folder).pathname;
  const requirements = new URL("servers/python/requirements.txt", BENCH);
  const pinned = await Deno.readTextFile(requirements);
  await once(new URL("installed", folder), pinned, async () => {
    await runTool("python3", ["-m", "venv", folder.pathname]);
    await runTool(python, ["-m", "pip", "install", "--quiet", "-r", requirements.pathname]);
    const out = await runTool(python, [
      "-c",
      "import sysconfig; print(sysconfig.get_path('purelib'))",
    ]);
    const packages = out.trim();
    await runTool(python, [
      ...["-m", "grpc_tools.protoc", "-I", "proto", `--python_out=${packages}`],
      ...[`--grpc_python_out=${packages}`, "greeter/v1/greeter.proto"],
    ]);
  });
  return python;
}

/** Does something again only if what it depends on has changed since it was finished. */
async function once(mark: URL, dependency: string, action: () => Promise<void>): Promise<void> {
  try {
    if (await Deno.readTextFile(mark) === dependency) return;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await action();
  await Deno.writeTextFile(mark, dependency);
}

async function runTool(program: string, args: string[], cwd: URL = ROOT): Promise<string> {
  const { success, stdout, stderr } = await output(program, args, cwd);
  if (!success) {
    throw new Error(`${program} ${args.join(" ")} failed:\n${new TextDecoder().decode(stderr)}`);
  }
  return new TextDecoder().decode(stdout);
}

async function output(program: string, args: string[], cwd: URL): Promise<Deno.CommandOutput> {
  try {
    return await new Deno.Command(program, { args, cwd, stdin: "null" }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new MissingToolError(`${program} is not installed`);
  }
}
