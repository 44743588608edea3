/**
 * Two servers that are restarted in turn while calls go on, as a rollout does it: each gets SIGTERM,
 * comes to its end by itself, and is started again.
 *
 * @module
 */

import { assertEquals, assertGreater } from "@std/assert";
import type { RunOptions } from "../../../mod.ts";
import { findPort } from "../../support/nginx.ts";
import {
  assertExitsWell,
  createWorkFolder,
  type Program,
  startProgram,
} from "../../support/program.ts";
import type { BackendTask } from "./backend_main.ts";
import type { NodeTarget } from "./node_calls.ts";
import { startNodeLoad } from "./node_process.ts";

const BACKEND = new URL("./backend_main.ts", import.meta.url);
const CALLS_BETWEEN = 300;
const NAMES = ["first", "second", "first again", "second again"] as const;

/** Two servers, their first ones running. */
export interface Backends {
  readonly ports: readonly [number, number];
  /** Folder of their PEM files, which are the kit's development certificates. */
  readonly certs: URL;
}

/** What the clients go through. */
export interface Front extends AsyncDisposable {
  readonly target: NodeTarget;
  /** Tells which servers are to get calls, after SIGTERM and after the start. */
  useBackends?(ports: readonly number[]): Promise<void>;
  /** What it has complained of. */
  errors?(): Promise<string[]>;
  /** Called when both have been restarted, and calls still go on. */
  finish?(): Promise<void>;
}

/** Options for {@linkcode restartInTurn}. */
export interface RestartOptions {
  /** Whether the servers speak TLS, and want a certificate. */
  readonly isMtls: boolean;
  /** Of the servers. */
  readonly run: RunOptions;
  /** Starts what is between them and the clients. */
  front(backends: Backends): Promise<Front>;
}

/**
 * Restarts both while clients call, and waits until those that were started again are called, too.
 *
 * @returns How many calls there were.
 * @throws {AssertionError} If a single call has failed.
 */
export async function restartInTurn({ isMtls, run, front }: RestartOptions): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const certs = new URL(`file://${stack.use(await createWorkFolder()).path}/certs/`);
  const ports = [findPort(), findPort()] as const;
  const start = async (name: string, port: number) =>
    stack.use(await startBackend({ name, port, certs, isMtls, run }));
  const programs = [await start("first", ports[0]), await start("second", ports[1])] as const;
  const { target, useBackends, errors, finish } = stack.use(await front({ ports, certs }));
  const load = stack.use(await startNodeLoad(target));
  for (const name of ["first", "second"]) await load.answered(name);
  for (const [index, name] of ["first again", "second again"].entries()) {
    const [program, port] = [programs[index]!, ports[index]!];
    program.kill("SIGTERM");
    await program.printed(/Shutting down gracefully/);
    await useBackends?.(ports.filter((each) => each !== port));
    await assertExitsWell(program);
    await load.goOn(CALLS_BETWEEN);
    await start(name, port);
    await useBackends?.(ports);
    await load.answered(name);
    await load.goOn(CALLS_BETWEEN);
  }
  await finish?.();
  const outcomes = await load.stop();
  const served = NAMES.map((name) => outcomes[name] ?? 0);
  const failed = Object.entries(outcomes).filter(([what]) => !NAMES.some((name) => name === what));
  assertEquals(failed, [], (await errors?.())?.join("\n"));
  for (const calls of served) assertGreater(calls, 0);
  return served.reduce((sum, calls) => sum + calls, 0);
}

interface BackendOptions extends Pick<RestartOptions, "isMtls" | "run"> {
  readonly name: string;
  readonly port: number;
  readonly certs: URL;
}

async function startBackend(backend: BackendOptions): Promise<Program> {
  const { name, port, certs, isMtls, run } = backend;
  const path = (file: string) => new URL(file, certs).pathname;
  const task: BackendTask = {
    name,
    run: {
      port,
      ...run,
      ...(isMtls && {
        sslCertificateChain: path("server.pem"),
        sslPrivateKey: path("server-key.pem"),
        caCertificate: path("ca.pem"),
      }),
    },
  };
  const program = startProgram(BACKEND, {
    args: [JSON.stringify(task)],
    flags: ["--allow-net=127.0.0.1", `--allow-read=${certs.pathname}`],
  });
  await program.listening;
  return program;
}
