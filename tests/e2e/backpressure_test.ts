import { assertEquals, assertGreaterOrEqual, assertLess, assertMatch } from "@std/assert";
import type { LineProcess } from "../soak/line_process.ts";
import {
  startStreamClient,
  startStreamServer,
  type StreamOutcome,
  type StreamTask,
} from "../support/stream_processes.ts";

const [KIB, MIB, GIB] = [2 ** 10, 2 ** 20, 2 ** 30];
const SIZE = 256 * KIB;
const PAUSES = 3;
/** HTTP/2's, and what a client sets that wants speed. */
const [SMALL_WINDOW, WIDE_WINDOW] = [65_535, 0x7fff_ffff];
/** What goes before, for compiled code and the pools of the allocator. */
const WARM_UP = { size: SIZE, count: 128, pauses: 0 };
/** Ten times what an idle machine needs. */
const MAX_MS = 90_000;
/** What is held beyond the warm-up, garbage left out, whatever a call lets wait. */
const MAX_HELD = 16 * MIB;

interface Case extends Pick<StreamTask, "direction" | "contentType" | "window"> {
  readonly what: string;
  readonly total: number;
  /** Bytes that may be made and not have come to the reader. */
  readonly maxAhead: number;
  /** Garbage is part of it: V8 takes its time where messages come fast. */
  readonly maxRss: number;
  /** Whether the client's process stands still at a pause; else only its stream. */
  readonly isStopped?: boolean;
}

const GRPC = "application/grpc";
const CONNECT = "application/connect+proto";
/** The window, and the messages on both sides of it. */
const BY_WINDOW = { window: SMALL_WINDOW, maxAhead: 3 * SIZE, maxRss: 128 * MIB };
/** The sockets, the backlog, and what the client has read before it stopped. */
const BY_SOCKET = { window: WIDE_WINDOW, maxAhead: 64 * MIB, maxRss: 256 * MIB, isStopped: true };

const CASES: readonly Case[] = [
  {
    what: "gRPC lane: a client that pauses",
    direction: "down",
    contentType: GRPC,
    total: GIB,
    ...BY_WINDOW,
  },
  {
    what: "gRPC lane: a handler that pauses",
    direction: "up",
    contentType: GRPC,
    total: GIB,
    ...BY_WINDOW,
  },
  {
    what: "gRPC lane: a client that stops with its windows wide open",
    direction: "down",
    contentType: GRPC,
    total: 256 * MIB,
    ...BY_SOCKET,
  },
  {
    what: "Connect lane: a client that pauses",
    direction: "down",
    contentType: CONNECT,
    total: 128 * MIB,
    ...BY_WINDOW,
  },
  {
    what: "Connect lane: a handler that pauses",
    direction: "up",
    contentType: CONNECT,
    total: 128 * MIB,
    ...BY_WINDOW,
  },
];

for (const { what, total, maxAhead, maxRss, isStopped = false, ...kind } of CASES) {
  Deno.test(`${what} gets ${total / MIB} MiB in little memory`, async () => {
    await using server = await startStreamServer();
    const task = { port: server.port, ...kind };
    await call({ ...task, ...WARM_UP });
    const before = await server.settled();
    let [peakRss, held] = [0, 0];
    const atPause = async (client: LineProcess, pause: number) => {
      const { received } = kind.direction === "down"
        ? await client.receive<{ received: number }>("paused")
        : await server.paused().then(() => ({ received: 0 }));
      if (isStopped) client.kill("SIGSTOP");
      const stats = await server.settled();
      const made = (stats.made - before.made) * SIZE;
      assertLess(made - received, maxAhead, `bytes ahead at pause ${pause}`);
      peakRss = Math.max(peakRss, stats.peakRss);
      held = Math.max(held, stats.held);
      if (isStopped) client.kill("SIGCONT");
      await (kind.direction === "down" ? client.send({ type: "go" }) : server.goOn());
    };

    const count = total / SIZE;
    const startedAt = performance.now();
    const outcome = await call({ ...task, size: SIZE, count, pauses: PAUSES }, atPause);
    const ms = performance.now() - startedAt;
    const last = await server.stats();
    const growth = { rss: Math.max(peakRss, last.peakRss) - before.rss, held: held - before.held };
    console.log(
      `RSS +${mib(growth.rss)} MiB, held +${mib(growth.held)} MiB, ${Math.round(ms)} ms`,
    );

    assertEquals([last.made - before.made, last.taken - before.taken].toSorted(), [0, count]);
    assertEquals(outcome.rstCode, 0);
    if (kind.contentType === GRPC) assertEquals(outcome.status, "0");
    if (kind.direction === "down") assertGreaterOrEqual(outcome.received, total);
    else assertMatch(outcome.tail, new RegExp(`${last.taken}`));
    assertLess(growth.held, MAX_HELD, "held");
    assertLess(growth.rss, maxRss, "RSS");
    assertLess(ms, MAX_MS);
  });
}

/** Makes a call from its first byte to its last, and tells what came of it. */
async function call(
  task: StreamTask,
  atPause?: (client: LineProcess, pause: number) => Promise<void>,
): Promise<StreamOutcome> {
  await using client = await startStreamClient(task);
  for (let pause = 0; pause < task.pauses; pause++) await atPause?.(client, pause);
  const outcome = await client.receive<StreamOutcome>("done");
  await client.closeInput();
  await client.status;
  return outcome;
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(1);
}
