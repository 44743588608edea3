/**
 * Who takes part. Each is a program that serves `greeter.v1.Greeter` on a free port of the loopback
 * and prints the port; `server_process.ts` says how it is told what else to do. An entry more in
 * this list is a contestant more.
 *
 * @module
 */

import { BENCH, ROOT } from "./folders.ts";
import type { Variant } from "./rows.ts";
import type { ToolchainName } from "./toolchains.ts";

/** A server to be measured. */
export interface Contestant {
  readonly name: string;
  /** The library, and what it runs in where that is not plain. */
  readonly library: string;
  readonly runtime?: string;
  readonly toolchain: ToolchainName;
  /**
   * The command that starts it.
   *
   * @param prepared What its toolchain made for it.
   */
  command(prepared: string): string[];
  /**
   * What its clients send. The kit has two ways to serve gRPC, and what is unusual chooses the slower.
   *
   * @default {"application/grpc+proto"}
   */
  readonly contentType?: string;
  /** The ways to start it that it does not have. */
  readonly lacks?: readonly Variant[];
  /** The file that pins its version, and how it stands in there. */
  readonly version?: readonly [file: string, pattern: RegExp];
}

/** The contestant that the others are compared with. */
export const BASE = "kit";

/** The contestant at half of whose peak rate all are asked how long a call takes. */
export const PACE_MAKER = "grpc-js-deno";

/** All contestants. */
export const CONTESTANTS: readonly Contestant[] = [
  {
    ...inDeno("kit", "FastGRPC", "servers/kit.ts"),
    version: ["deno.json", /"version": "([^"]+)"/],
  },
  {
    ...inDeno("kit-direct", "FastGRPC, direct engine", "servers/kit.ts", "direct"),
    version: ["deno.json", /"version": "([^"]+)"/],
  },
  {
    ...inDeno("kit-code-first", "FastGRPC, code-first", "servers/kit_code_first.ts"),
    lacks: ["tls", "mtls", "observed"],
    version: ["deno.json", /"version": "([^"]+)"/],
  },
  {
    ...inDeno("kit-connect-lane", "FastGRPC, Connect lane", "servers/kit.ts"),
    contentType: "application/GRPC+proto",
    version: ["deno.json", /"version": "([^"]+)"/],
  },
  {
    ...inDeno("kit-telemetry", "FastGRPC, telemetry without an SDK", "servers/kit.ts", "telemetry"),
    version: ["deno.json", /"version": "([^"]+)"/],
  },
  {
    ...inDeno("kit-admin-port", "FastGRPC, admin port", "servers/kit.ts", "admin-port"),
    version: ["deno.json", /"version": "([^"]+)"/],
  },
  {
    ...inDeno("bare-deno", "bare node:http2", "servers/node/bare.mjs"),
    lacks: ["observed"],
  },
  {
    ...inDeno("connect-node-deno", "connect-node", "servers/node/connect_node.mjs"),
    version: ["deno.lock", /"@connectrpc\/connect-node@([\d.]+)/],
  },
  {
    ...inDeno("grpc-js-deno", "grpc-js", "servers/node/grpc_js.mjs"),
    version: ["deno.lock", /"@grpc\/grpc-js@([\d.]+)/],
  },
  inNode("connect-node-node", "connect-node", "connect_node.mjs", "@connectrpc/connect-node"),
  inNode("grpc-js-node", "grpc-js", "grpc_js.mjs", "@grpc/grpc-js"),
  inNode("nice-grpc-node", "nice-grpc", "nice_grpc.mjs", "nice-grpc"),
  {
    ...{ name: "grpc-go", library: "grpc-go", toolchain: "go" },
    command: (binary) => [binary],
    version: ["bench/servers/go/go.mod", /google\.golang\.org\/grpc v([\d.]+)/],
  },
  {
    ...{ name: "tonic", library: "tonic", runtime: "Rust", toolchain: "cargo" },
    command: (binary) => [binary],
    version: ["bench/servers/tonic/Cargo.toml", /tonic = \{ version = "=([\d.]+)"/],
  },
  {
    ...{ name: "grpc-aio", library: "grpc.aio", runtime: "Python", toolchain: "python" },
    command: (python) => [python, new URL("servers/python/server.py", BENCH).pathname],
    version: ["bench/servers/python/requirements.txt", /grpcio==([\d.]+)/],
  },
];

/** Its name in tables, with a version or without. */
export function titleOf({ library, runtime }: Contestant, version?: string): string {
  const name = version === undefined ? library : `${library} ${version}`;
  return runtime === undefined ? name : `${name}, ${runtime}`;
}

/** The version of a contestant, of which a bare server has none. */
export async function versionOf({ version }: Contestant): Promise<string | undefined> {
  if (version === undefined) return undefined;
  const [file, pattern] = version;
  return pattern.exec(await Deno.readTextFile(new URL(file, ROOT)))?.[1];
}

function inDeno(name: string, library: string, file: string, ...args: string[]): Contestant {
  return {
    ...{ name, library, runtime: "Deno", toolchain: "deno" },
    command: (deno) => [
      ...[deno, "run", "--quiet", "--no-prompt", `--config=${new URL("deno.json", ROOT).pathname}`],
      ...["--allow-net=127.0.0.1", "--allow-read", "--allow-env", "--allow-sys"],
      new URL(file, BENCH).href,
      ...args,
    ],
  };
}

function inNode(name: string, library: string, file: string, dependency: string): Contestant {
  return {
    ...{ name, library, runtime: "Node", toolchain: "node" },
    command: (folder) => ["node", `${folder}${file}`],
    version: ["bench/servers/node/package.json", new RegExp(`"${dependency}": "([^"]+)"`)],
  };
}
