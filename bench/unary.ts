/**
 * Unary calls a second: the kit and connect-node's own adapter, the same handler, the same client,
 * in turns in one run. The ratio is what counts; machines are noisy.
 *
 * @module
 */

import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { Greeter } from "../gen/greeter/v1/greeter_pb.ts";

const ROUNDS = 5;
const ROUND_MS = 2000;
const WARM_UP_MS = 1000;
const CONCURRENCY = 64;
const CONTESTANTS = ["fastgrpc", "connect-node"] as const;

const rates = new Map<string, number[]>(CONTESTANTS.map((name) => [name, []]));
for (let round = 1; round <= ROUNDS; round++) {
  const order = round % 2 === 0 ? CONTESTANTS.toReversed() : CONTESTANTS;
  for (const name of order) {
    const rate = await measure(name);
    rates.get(name)!.push(rate);
    console.error(`round ${round}/${ROUNDS}  ${name.padEnd(12)} ${Math.round(rate)} calls/s`);
  }
}

const base = median(rates.get("connect-node")!);
console.log("\n| server | calls/s (median) | ratio |\n| --- | ---: | ---: |");
for (const [name, each] of rates) {
  console.log(`| ${name} | ${Math.round(median(each))} | ${(median(each) / base).toFixed(2)} |`);
}

/** Starts a server in a process of its own and calls it for a while. */
async function measure(name: string): Promise<number> {
  const server = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-net", "--allow-read", "--allow-env", serverOf(name)],
    stdout: "piped",
  }).spawn();
  const lines = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const port = Number((await lines.read()).value);
  try {
    const client = createGreeter(`http://127.0.0.1:${port}`);
    await callFor(client, WARM_UP_MS);
    return await callFor(client, ROUND_MS) / (ROUND_MS / 1000);
  } finally {
    server.kill("SIGKILL");
    await server.status;
    await lines.cancel();
  }
}

function serverOf(name: string): string {
  return new URL(`servers/${name.replace("-", "_")}.ts`, import.meta.url).href;
}

async function callFor(client: Client<typeof Greeter>, ms: number): Promise<number> {
  const end = performance.now() + ms;
  let calls = 0;
  const worker = async () => {
    while (performance.now() < end) {
      await client.sayHello({ name: "World" });
      calls++;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return calls;
}

function createGreeter(baseUrl: string): Client<typeof Greeter> {
  return createClient(Greeter, createGrpcTransport({ baseUrl }));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
