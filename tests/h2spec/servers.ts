/**
 * The servers that h2spec is run against, each in its own process: the kit, and for comparison what
 * is below it, `node:http2` of Deno and of Node without the kit.
 *
 * @module
 */

import { ENGINES } from "../../src/serve_options.ts";
import type { Engine } from "../../src/transport/connections.ts";
import { createPemSet } from "../support/pem_files.ts";
import { systemTool } from "../support/tools.ts";

/** A server that waits for h2spec. */
export interface ServerUnderTest extends AsyncDisposable {
  readonly name: string;
  /** The kit's engine; `undefined` if it is not the kit. */
  readonly engine: Engine | undefined;
  readonly port: number;
  readonly isTls: boolean;
}

const DENO = ["run", "--quiet", "--no-prompt", "--allow-net=127.0.0.1", "--allow-read"];

/** Starts all of them; Node's is left out where there is no Node. */
export async function startServers(): Promise<ServerUnderTest[]> {
  const [deno, node] = [Deno.execPath(), await systemTool("node")];
  return await Promise.all([
    ...ENGINES.flatMap((engine) => [startKit(engine), startKitWithTls(engine)]),
    start("bare Deno", deno, [...DENO, pathOf("bare_server.mjs")]),
    ...(node === undefined ? [] : [start("bare Node", node, [pathOf("bare_server.mjs")])]),
  ]);
}

async function startKit(
  engine: Engine,
  name = `${engine}, plaintext`,
  files: readonly string[] = [],
): Promise<ServerUnderTest> {
  const args = [...DENO, pathOf("kit_server.ts"), engine, ...files];
  return { ...await start(name, Deno.execPath(), args), engine };
}

async function startKitWithTls(engine: Engine): Promise<ServerUnderTest> {
  const pem = await createPemSet();
  const { sslCertificateChain, sslPrivateKey } = pem;
  const server = await startKit(engine, `${engine}, TLS`, [
    sslCertificateChain.href,
    sslPrivateKey.href,
  ]);
  return {
    ...server,
    isTls: true,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await pem[Symbol.asyncDispose]();
    },
  };
}

/** Starts a program that prints its port. */
async function start(name: string, command: string, args: string[]): Promise<ServerUnderTest> {
  const child = new Deno.Command(command, { args, stdin: "null", stdout: "piped" }).spawn();
  let output = "";
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  while (!output.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`${name}: the server ended before it listened`);
    output += value;
  }
  return {
    name,
    port: Number(output),
    engine: undefined,
    isTls: false,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
    },
  };
}

function pathOf(file: string): string {
  return new URL(file, import.meta.url).pathname;
}
