/**
 * Calls that go on while something happens to the server, from `steady_client.mjs`.
 *
 * @module
 */

import { prepareNodeScript } from "./node_packages.ts";

/** A call that failed. */
export interface FailedCall {
  readonly code: number;
  readonly details: string;
  /** What the connection's server answered before. */
  readonly before: string;
  /** Which connection it was on. */
  readonly index: number;
}

/** What came of the calls. */
export interface SteadyOutcome {
  readonly ok: number;
  readonly failures: readonly FailedCall[];
  /** All servers that answered. */
  readonly reached: readonly string[];
}

/** How many calls there are at a time. */
export interface SteadyLoad {
  readonly connections: number;
  /** On each connection. */
  readonly calls: number;
}

/** Calls a port of the loopback while some work is done. */
export async function whileCalling(
  port: number,
  { connections, calls }: SteadyLoad,
  work: () => Promise<void>,
): Promise<SteadyOutcome> {
  const script = await prepareNodeScript("steady_client.mjs");
  const child = new Deno.Command("node", {
    args: [script, String(port), String(connections), String(calls)],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let output = "";
  const { promise: running, resolve, reject } = Promise.withResolvers<void>();
  const read = async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      output += text;
      if (output.startsWith("running\n")) resolve();
    }
    reject(new Error(`the client has ended: ${output}`));
  };
  const done = read();
  try {
    await running;
    await work();
  } finally {
    await child.stdin.close();
    await done;
    await child.status;
  }
  return JSON.parse(output.slice("running\n".length));
}
