/**
 * A server to attack, in a process of its own so that a crash is seen and its memory is its own, and
 * what an attack did to it: its memory at the peak, and how a client fared that did nothing wrong.
 *
 * @module
 */

import { assert, assertEquals, assertLess } from "@std/assert";
import type { ServeOptions } from "../../mod.ts";
import type { NeighbourReport } from "./attack_neighbour.ts";
import { connectGreeter } from "./connect_node.ts";
import { type Program, startProgram } from "./program.ts";

const MAIN = new URL("./attack_server_main.ts", import.meta.url);
const NEIGHBOUR = new URL("./attack_neighbour.ts", import.meta.url);
const MIB = 2 ** 20;
const COUNT_MS = 10_000;

/** What {@linkcode Victim.count} tells. */
export interface Count {
  /** Unary and server streaming handlers that were begun, ever. */
  readonly begun: number;
  /** Those that never end. */
  readonly stubborn: number;
  /** Calls in progress, the one that asks included. */
  readonly calls: number;
  /** Connections, the one that asks included. */
  readonly connections: number;
}

/** What an attack did. */
export interface Damage<T> {
  /** What the attack returned. */
  readonly result: T;
  readonly ms: number;
  /** By how much the process grew at its peak, in MiB of resident memory. */
  readonly grownMib: number;
  readonly neighbour: NeighbourReport;
}

/** Bounds for {@linkcode Victim.endure}. */
export interface Bounds {
  /** Most growth at the peak, in MiB. */
  readonly mib: number;
  /**
   * Most time for the attack, in milliseconds.
   *
   * @default {10000}
   */
  readonly ms?: number;
  /**
   * Most time that a call of the neighbour may take, in milliseconds.
   *
   * @default {5000} tests share their processors with others
   */
  readonly neighbourMs?: number;
}

/** A server under attack. */
export interface Victim extends AsyncDisposable {
  readonly port: number;
  /** PEM of the CA, where it serves TLS. */
  readonly ca: string | undefined;
  /** What it has printed. */
  output(): string;
  /** Asks the server for its counts. */
  count(): Promise<Count>;
  /** Polls the counts until they are as wanted. */
  untilCount(what: string, isWanted: (count: Count) => boolean): Promise<void>;
  /** Resident memory now, in MiB. */
  rssMib(): Promise<number>;
  /**
   * Runs an attack next to a client that calls all the time, and checks what it did.
   *
   * @throws {AssertionError} If the server died, grew too much or took too long, or if a call of the
   *   other client failed or took too long.
   */
  endure<T>(name: string, bounds: Bounds, attack: () => Promise<T>): Promise<Damage<T>>;
}

/** Options for {@linkcode startVictim}. */
export interface VictimOptions {
  /** What differs from the default options of `app.serve()`. */
  readonly serve?: ServeOptions;
  /** PEM of the CA, where it serves TLS. */
  readonly ca?: string;
}

/** Starts a server. */
export async function startVictim({ serve = {}, ca }: VictimOptions = {}): Promise<Victim> {
  const program = startProgram(MAIN, {
    args: [JSON.stringify(serve)],
    flags: ["--allow-net=127.0.0.1", "--allow-read"],
  });
  const [, pid, port] = await program.printed(/pid (\d+)\nport (\d+)\n/);
  return new RunningVictim(program, { pid: Number(pid), port: Number(port), ca });
}

interface Process {
  readonly pid: number;
  readonly port: number;
  readonly ca: string | undefined;
}

class RunningVictim implements Victim {
  readonly port: number;
  readonly ca: string | undefined;
  readonly #program: Program;
  readonly #pid: number;

  constructor(program: Program, { pid, port, ca }: Process) {
    this.#program = program;
    this.#pid = pid;
    this.port = port;
    this.ca = ca;
  }

  output(): string {
    return this.#program.output();
  }

  async count(): Promise<Count> {
    using client = this.ca === undefined
      ? connectGreeter(`http://127.0.0.1:${this.port}`)
      : connectGreeter(`https://localhost:${this.port}`, { tls: { ca: this.ca } });
    return JSON.parse((await client.sayHello({ name: "@count" })).message);
  }

  async untilCount(what: string, isWanted: (count: Count) => boolean): Promise<void> {
    const until = performance.now() + COUNT_MS;
    for (;;) {
      const count = await this.count();
      if (isWanted(count)) return;
      assert(performance.now() < until, `never: ${what}; it is ${JSON.stringify(count)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async rssMib(): Promise<number> {
    return (await readMemory(this.#pid)).rss / MIB;
  }

  async endure<T>(name: string, bounds: Bounds, attack: () => Promise<T>): Promise<Damage<T>> {
    await using neighbour = await startNeighbour(this);
    const before = await forgetPeak(this.#pid);
    const startedAt = performance.now();
    const result = await attack();
    const ms = performance.now() - startedAt;
    const report = await neighbour.stop();
    const { peak } = await readMemory(this.#pid).catch(() => {
      throw new Error(`the server died:\n${this.output().slice(-2000)}`);
    });
    const damage = { result, ms, grownMib: (peak - before) / MIB, neighbour: report };
    console.log(`${name}: ${toText(damage)}`);
    this.#assertWithin(damage, bounds);
    return damage;
  }

  #assertWithin(
    { ms, grownMib, neighbour }: Damage<unknown>,
    { mib, ms: maxMs = 10_000, neighbourMs = 5000 }: Bounds,
  ): void {
    assertEquals(neighbour.failures, [], this.output().slice(-2000));
    assert(neighbour.calls > 0, "the neighbour made no call");
    assertLess(grownMib, mib, "growth in MiB");
    assertLess(ms, maxMs, "time of the attack");
    assertLess(neighbour.slowestMs, neighbourMs, "slowest call of the neighbour");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}

function toText(
  { result, ms, grownMib, neighbour }: Damage<unknown>,
): string {
  const { calls, medianMs, p99Ms, slowestMs } = neighbour;
  const times = [medianMs, p99Ms, slowestMs].map((time) => time.toFixed(1)).join(" / ");
  return `${Math.round(ms)} ms, +${grownMib.toFixed(1)} MiB; neighbour: ${calls} calls, ` +
    `median / p99 / slowest ${times} ms; ${JSON.stringify(result) ?? "-"}`;
}

interface Neighbour extends AsyncDisposable {
  stop(): Promise<NeighbourReport>;
}

async function startNeighbour({ port, ca }: Pick<Victim, "port" | "ca">): Promise<Neighbour> {
  const worker = new Worker(NEIGHBOUR, { type: "module" });
  const next = <T>() =>
    new Promise<T>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
    });
  const ready = next();
  worker.postMessage({ port, ca });
  await ready.catch((error) => {
    worker.terminate();
    throw error;
  });
  return {
    stop() {
      const report = next<NeighbourReport>();
      worker.postMessage("stop");
      return report;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(worker.terminate()),
  };
}

/** Makes the peak of a process's memory what it has now, and returns that. */
async function forgetPeak(pid: number): Promise<number> {
  await run("sh", "-c", `echo 5 > /proc/${pid}/clear_refs`);
  return (await readMemory(pid)).rss;
}

/** Resident memory of a process, in bytes; by a program, because Deno lets nobody read /proc. */
async function readMemory(pid: number): Promise<{ rss: number; peak: number }> {
  const status = await run("cat", `/proc/${pid}/status`);
  const bytesOf = (name: string) =>
    Number(new RegExp(`${name}:\\s*(\\d+) kB`).exec(status)![1]) * 1024;
  return { rss: bytesOf("VmRSS"), peak: bytesOf("VmHWM") };
}

async function run(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
