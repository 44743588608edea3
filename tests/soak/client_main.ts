/**
 * All clients of the soak, in one process of Node, which runs this as a bundle. It reads lines of
 * JSON: first the target, then orders. `rest` ends the mixed load and closes everything; `drain` begins a
 * load that goes on until the server has gone.
 *
 * @module
 */

import process from "node:process";
import { createInterface } from "node:readline";
import type { Target } from "./channels.ts";
import { Lane } from "./lane.ts";
import { OPENERS } from "./channels.ts";
import { Tally } from "./tally.ts";
import { watchHealth } from "./watch.ts";

const MANY = 200;

function print(type: string, line: object): void {
  process.stdout.write(`${JSON.stringify({ type, ...line })}\n`);
}

/** Mixed calls until told to rest, with Watch open all the time. */
async function runMixed(target: Target, rest: Promise<void>): Promise<Tally> {
  const tally = new Tally();
  const watch = watchHealth(target);
  const lanes = Object.keys(OPENERS).map((name) => new Lane(name, target, tally));
  await Promise.all(lanes.map((lane) => lane.runMixed(rest)));
  const seen = await watch.end();
  if (seen.join() !== "SERVING") tally.complain(`Watch said ${seen}, not SERVING alone`);
  return tally;
}

/** Calls that go on until the server refuses them, with Watch open. */
async function runDrain(target: Target): Promise<Tally> {
  const tally = new Tally();
  const watch = watchHealth(target);
  let ok = 0;
  const onOk = () => {
    if (++ok === MANY) print("draining", {});
  };
  const lanes = Object.keys(OPENERS).map((name) => new Lane(name, target, tally));
  await Promise.all(lanes.map((lane) => lane.runUntilRefused(onOk)));
  const seen = await watch.ended;
  if (seen.join() !== "SERVING,NOT_SERVING,unavailable") {
    tally.complain(`Watch said ${seen}, not SERVING,NOT_SERVING,unavailable`);
  }
  return tally;
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const next = async () => JSON.parse((await lines.next()).value!);
const target: Target = (await next()).target;
print("tally", { tally: await runMixed(target, next()) });
await next();
print("tally", { tally: await runDrain(target) });
process.exit(0);
