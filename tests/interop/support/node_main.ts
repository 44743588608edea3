/**
 * What `node_process.ts` runs in Node. As `calls` it reads calls, a line of JSON each, makes one after
 * the other, and writes what came of them. As `load` it keeps calls going on until its input ends, and
 * writes what came of all of them every now and then, and at last.
 *
 * @module
 */

import process from "node:process";
import { createInterface } from "node:readline";
import { connectNode, makeCall, type NodeCall, type NodeTarget } from "./node_calls.ts";

const CHANNELS = 4;
const WORKERS_EACH = 8;
/** Mostly calls that are over at once, so that nginx has many to begin while a server goes. */
const MIX: readonly NodeCall[] = [
  { method: "sayHello", requests: [{ name: "0" }] },
  { method: "sayHello", requests: [{ name: "1" }] },
  { method: "sayHelloTimes", requests: [{ name: "0", times: 2 }] },
  { method: "sayHello", requests: [{ name: "0" }] },
  { method: "sayHelloTimes", requests: [{ name: "5", times: 4 }] },
  { method: "chat", requests: [{ name: "0" }, { name: "10" }, { name: "5" }], inTurn: true },
  { method: "sayHelloToAll", requests: [{ name: "0" }, { name: "1" }] },
];
const STREAM_LENGTHS: Partial<Record<NodeCall["method"], (call: NodeCall) => number>> = {
  sayHelloTimes: ({ requests }) => requests[0]!.times!,
  chat: ({ requests }) => requests.length,
};

const [mode, target] = process.argv.slice(2);
if (mode === "load") await load(JSON.parse(target!));
else await call(JSON.parse(target!));

async function call(target: NodeTarget): Promise<void> {
  const client = connectNode(target);
  for await (const line of createInterface({ input: process.stdin })) {
    print(await makeCall(client, JSON.parse(line)));
  }
  client.close();
}

async function load(target: NodeTarget): Promise<void> {
  const outcomes: Record<string, number> = {};
  let [calls, ended] = [0, 0];
  let isOver = false;
  process.stdin.on("end", () => isOver = true).resume();
  await Promise.all(Array.from({ length: CHANNELS }, async () => {
    const client = connectNode(target);
    const work = async () => {
      while (!isOver) {
        const next = MIX[calls++ % MIX.length]!;
        const waitForReady = typeof target.port !== "number";
        const { code, details, messages } = await makeCall(client, { ...next, waitForReady });
        const isWhole = messages.length === (STREAM_LENGTHS[next.method]?.(next) ?? 1);
        const isOne = new Set(messages).size === 1;
        const outcome = code === 0
          ? isWhole && isOne ? messages[0]! : `answered ${messages.join()}`
          : `${code}: ${details}`;
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
        if (++ended % 50 === 0) print(outcomes);
      }
    };
    await Promise.all(Array.from({ length: WORKERS_EACH }, work));
    client.close();
  }));
  print(outcomes);
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
