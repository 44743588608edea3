/**
 * The server under the soak, in a process of its own: the greeter and its timed copy with mTLS and
 * without TLS, until SIGTERM. It writes lines of JSON: `listening`, each record of the kit's log but
 * the access log, `figures` whenever it is asked for them, and `stopped` at the end. Its arguments are
 * the PEM files as JSON, and the engine of HTTP/2.
 *
 * @module
 */

import { configureSync, type LogRecord } from "@logtape/logtape";
import { FastGRPC, type ServeOptions, type Server, type ServiceImplementation } from "../../mod.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "../../examples/greeter.ts";
import type { Engine } from "../../src/transport/connections.ts";
import { captureTimers } from "../support/captured_timers.ts";
import { obey, TIMED_MS, TimedGreeter } from "./soak_service.ts";
import { TextLineStream } from "./text_line_stream.ts";

/** What the process can be asked for at any time. */
export interface Figures {
  /** Resident set size, in bytes. */
  readonly rss: number;
  /** JavaScript's heap in use after a collection of garbage, in bytes. */
  readonly heap: number;
  readonly calls: number;
  readonly connections: number;
  /** Timers that run. */
  readonly timers: number;
}

/** What it says at its end. */
export interface Stopped {
  readonly figures: Figures;
  /** Calls named `drain` that reached a handler. */
  readonly taken: number;
  /** Calls by how they ended, as the access log has it. */
  readonly outcomes: Readonly<Record<string, number>>;
}

const { gc } = globalThis as unknown as { gc: () => void };
const tls: ServeOptions = JSON.parse(Deno.args[0]!);
const engine = Deno.args[1] as Engine;
const timers = captureTimers();
const outcomes: Record<string, number> = {};
let taken = 0;

function print(type: string, line: object): void {
  console.log(JSON.stringify({ type, ...line }));
}

configureSync({
  sinks: { lines: note },
  loggers: [
    { category: "fastgrpc", lowestLevel: "info", sinks: ["lines"] },
    { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["lines"] },
  ],
});

function note({ category, level, message, properties }: LogRecord): void {
  if (category[1] !== "access") return print("log", { level, text: message.join("") });
  const code = String(properties["code"]);
  outcomes[code] = (outcomes[code] ?? 0) + 1;
}

/** The example's handlers, which do first what the name in the first request orders. */
const handlers: ServiceImplementation<typeof Greeter> = {
  async sayHello(request, context) {
    await begin(request.name, context.signal);
    return await greeterHandlers.sayHello(request, context);
  },
  async *sayHelloTimes(request, context) {
    await begin(request.name, context.signal);
    yield* greeterHandlers.sayHelloTimes(request, context);
  },
  async sayHelloToAll(requests, context) {
    const names: string[] = [];
    for await (const { name } of requests) {
      if (names.length === 0) await begin(name, context.signal);
      names.push(name);
    }
    return { message: `Hello ${names.join(", ")}` };
  },
  async *chat(requests, context) {
    let isFirst = true;
    for await (const { name } of requests) {
      if (isFirst) await begin(name, context.signal);
      isFirst = false;
      yield { message: `Hello ${name}` };
    }
  },
};

function begin(name: string, signal: AbortSignal): Promise<void> {
  if (name.startsWith("drain")) taken++;
  return obey(name, signal);
}

async function serve(options: ServeOptions): Promise<Server> {
  const app = new FastGRPC({ timeout: "30s" });
  app.addService(Greeter, handlers);
  app.addService(TimedGreeter, handlers, { timeout: `${TIMED_MS}ms` });
  return await app.serve({
    engine,
    hostname: "127.0.0.1",
    port: 0,
    gracefulTimeout: "20s",
    healthCheck: true,
    certificateReload: "250ms",
    ...options,
  });
}

const servers = [await serve({}), await serve(tls)] as const;
const sum = (of: (server: Server) => number) => of(servers[0]) + of(servers[1]);

function readFigures(): Figures {
  gc();
  const { rss, heapUsed } = Deno.memoryUsage();
  return {
    rss,
    heap: heapUsed,
    calls: sum((server) => server.callCount),
    connections: sum((server) => server.connectionCount),
    timers: timers.pending.length,
  };
}

const shutDown = () => servers.forEach((server) => void server.shutdown());
Deno.addSignalListener("SIGTERM", shutDown);
print("listening", { plaintext: servers[0].addr.port, mtls: servers[1].addr.port });
const stopped = Promise.all(servers.map((server) => server.finished)).then(() => {
  Deno.removeSignalListener("SIGTERM", shutDown);
  print("stopped", { figures: readFigures(), taken, outcomes } satisfies Stopped);
});
const orders = Deno.stdin.readable.pipeThrough(new TextDecoderStream())
  .pipeThrough(new TextLineStream());
for await (const _ of orders) print("figures", { figures: readFigures() });
// Nothing is left that would keep the process: if anything does, the soak waits in vain.
await stopped;
