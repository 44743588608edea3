/**
 * An app in a worker: it opens the port when its supervisor lets it, and ends when that says so, or is
 * gone.
 *
 * @module
 */

import process from "node:process";
import { setTimeout } from "node:timers";
import type { HealthStatus } from "../health_status.ts";
import { serverLog } from "../log.ts";
import { onReplaceSignal, onStopSignals, type StoppableServer } from "../stop_signals.ts";
import { Orders } from "./orders.ts";
import { toWords } from "./set_up_error.ts";
import { WorkerChannel } from "./worker_channel.ts";
import type { WorkerPlace } from "./worker_place.ts";

/** How long a worker whose supervisor is gone may outlive its server, in milliseconds. */
const ORPHAN_MS = 5000;

/** Gets what tells metrics in Prometheus' text format. */
export type OnMetrics = (metricsText: () => Promise<string>) => void;

/** An app that is to be served in a worker. */
export interface WorkerApp {
  readonly health: HealthStatus;
  /** How long health says NOT_SERVING before the end, in milliseconds. */
  readonly lameDuckMs: number;
  /** How long calls may take to end after that, in milliseconds. */
  readonly gracefulTimeoutMs: number;
  /** Lets the whole end when aborted. */
  readonly signal: AbortSignal | undefined;
  /**
   * Serves the app.
   *
   * @param port Is asked for when everything else is known to be right.
   * @param onMetrics Gets what tells the metrics, if there are any.
   */
  serve(port: () => Promise<number>, onMetrics: OnMetrics): Promise<StoppableServer>;
}

/**
 * Serves an app in this process, as its supervisor says.
 *
 * @returns Resolves when it has stopped, or cannot be set up: its supervisor tells why.
 */
export async function serveAsWorker(place: WorkerPlace, app: WorkerApp): Promise<void> {
  let metricsText = () => Promise.resolve("");
  let isOrphan = false;
  const tellMetrics = async () => {
    const text = await metricsText().catch((error) => {
      serverLog.error("Metrics cannot be told: {error}", { error });
      return "";
    });
    channel.send({ type: "metrics", text });
  };
  const orders = new Orders({
    ...app,
    tellMetrics: () => void tellMetrics(),
    sayPong: () => channel.send({ type: "pong" }),
  });
  await using channel = new WorkerChannel(place.token, (message) => orders.hear(message), () => {
    isOrphan = true;
    orders.shutDown(false);
  });
  // To end this one only: there will be another.
  using _signals = onStopSignals(() => orders.shutDown(false));
  // That it comes to all processes of the program at once is usual. It is the supervisor's.
  using _replace = onReplaceSignal(() => {});
  let server;
  try {
    server = await app.serve(() => {
      channel.send({ type: "prepared" });
      return orders.port;
    }, (tell) => metricsText = tell);
  } catch (error) {
    if (!orders.isEnding) channel.send({ type: "failed", ...toWords(error) });
    else if (isOrphan) exitLater();
    return;
  }
  const { hostname, port } = server.addr;
  const shutdownMs = app.lameDuckMs + app.gracefulTimeoutMs;
  channel.send({ type: "ready", hostname, port, shutdownMs });
  const onAbort = () => channel.send({ type: "shutdown" });
  app.signal?.addEventListener("abort", onAbort, { once: true });
  if (app.signal?.aborted) onAbort();
  const ended = new AbortController();
  void tellHealth(app.health, channel, ended.signal);
  orders.obey(server);
  await server.finished;
  ended.abort();
  app.signal?.removeEventListener("abort", onAbort);
  if (isOrphan) exitLater();
}

/** Says what the app says of its health, whenever it changes. */
async function tellHealth(
  health: HealthStatus,
  channel: WorkerChannel,
  signal: AbortSignal,
): Promise<void> {
  let told: string | undefined;
  while (!signal.aborted) {
    const statuses = health.own();
    const text = JSON.stringify(statuses);
    if (text !== told) channel.send({ type: "statuses", statuses });
    told = text;
    await health.changed(signal);
  }
}

/** Lets the program come to its end, but not for ever: nobody would end it any more. */
function exitLater(): void {
  serverLog.warn("The supervisor is gone, and with it this worker");
  setTimeout(() => process.exit(1), ORPHAN_MS).unref();
}
