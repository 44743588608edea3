/**
 * gRPC's own Python with its reflection and health, pinned, put into an ignored folder on first use, and
 * the greeter that is served by it.
 *
 * @module
 */

import { isInstalled } from "./program.ts";

const VERSION = "1.85.1";
const FOLDER = new URL(`../../.cache/tools/grpcio-reflection@${VERSION}/`, import.meta.url);
const PACKAGES = ["grpcio-tools", "grpcio-reflection", "grpcio-health-checking"];
const SERVER = new URL("./reflecting_server.py", import.meta.url).pathname;
const PROTOS = new URL("../../proto", import.meta.url).pathname;

/** The greeter in Python, as long as the test's block lasts. */
export interface PythonGreeter extends AsyncDisposable {
  readonly port: number;
}

/** Prepares Python, and resolves with its path; with why it cannot be had, if it cannot. */
export async function preparePythonGrpc(): Promise<
  { readonly python: string } | { readonly leftOut: string }
> {
  const python = new URL("bin/python", FOLDER).pathname;
  if (await isThere(python)) return { python };
  if (!await isInstalled("python3")) return { leftOut: "grpcio: python3 is not installed" };
  for (
    const [program, ...args] of [
      ["python3", "-m", "venv", FOLDER.pathname],
      [python, "-m", "pip", "install", "--quiet", ...PACKAGES.map((name) => `${name}==${VERSION}`)],
    ] as const
  ) {
    const { success, stderr } = await new Deno.Command(program, { args }).output();
    if (!success) return { leftOut: `grpcio: ${new TextDecoder().decode(stderr).trim()}` };
  }
  return { python };
}

/** Serves the greeter, with reflection of version v1alpha, which is the only one that it has. */
export async function servePythonGreeter(python: string): Promise<PythonGreeter> {
  const folder = await Deno.makeTempDir();
  const { success, stderr } = await new Deno.Command(python, {
    args: [
      ...["-m", "grpc_tools.protoc", `-I${PROTOS}`, `--python_out=${folder}`],
      ...[`--grpc_python_out=${folder}`, "greeter/v1/greeter.proto"],
    ],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const child = new Deno.Command(python, {
    args: [SERVER, folder, "greeter.v1.Greeter", "grpc.health.v1.Health"],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await reader.read();
  return {
    port: Number(value),
    async [Symbol.asyncDispose]() {
      await child.stdin.close();
      await reader.cancel();
      await child.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function isThere(python: string): Promise<boolean> {
  try {
    const args = ["-c", "import grpc_tools, grpc_reflection, grpc_health"];
    return (await new Deno.Command(python, { args }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
