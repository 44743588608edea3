/**
 * `app.run()` with several workers: in the first process it supervises them, in each of them it serves
 * the app.
 *
 * @module
 */

import process from "node:process";
import { ConfigError } from "../errors.ts";
import { HealthStatus } from "../health_status.ts";
import { serverLog } from "../log.ts";
import { onReplaceSignal, StopSignals } from "../stop_signals.ts";
import { formatAddress, type NetAddress } from "../transport/listener.ts";
import { startProcess } from "./child_process.ts";
import { instanceVariables } from "./instance.ts";
import type { Statuses } from "./messages.ts";
import { ownCommand } from "./own_command.ts";
import { Supervisor } from "./supervisor.ts";
import { mergeMetrics } from "./whole_metrics.ts";
import { formatPlace, WORKER_VARIABLE } from "./worker_place.ts";
import { WorkerProcess } from "./worker_process.ts";

/** An app that is to be served by workers. */
export interface SupervisedApp {
  readonly count: number;
  /** Which call of `app.run()` this is. */
  readonly run: number;
  readonly lameDuckMs: number;
  readonly gracefulTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly onListen: ((addr: NetAddress) => void) | undefined;
  /** Opens ports for those who look after the whole. */
  openSidePorts(
    health: HealthStatus,
    metricsText: () => Promise<string>,
  ): Promise<{ close(): Promise<void> }>;
  /** The services, so that they are known before there are workers. */
  readonly statuses: Statuses;
  /**
   * Makes sure that nobody listens on the port.
   *
   * @param port In place of the one that is wanted.
   * @returns Which one it is.
   */
  claimPort(port?: number): Promise<number>;
}

/**
 * Starts workers, and waits for their end.
 *
 * @throws {ConfigError} If they cannot be started.
 * @throws {Error} If they cannot be kept running.
 */
export async function runSupervisor(app: SupervisedApp): Promise<void> {
  const { count, run, signal } = app;
  if (process.platform !== "linux") {
    throw new ConfigError(
      `Cannot run ${count} workers on ${process.platform}: only Linux spreads connections over them`,
    );
  }
  signal?.throwIfAborted();
  const command = await ownCommand();
  const health = new HealthStatus();
  health.hold();
  health.setElsewhere(app.statuses);
  const supervisor = new Supervisor({
    count,
    onHealth(statuses) {
      if (statuses === undefined) return health.hold();
      health.setElsewhere(statuses);
      health.resume();
    },
    shutdownMs: app.lameDuckMs + app.gracefulTimeoutMs,
    claimPort: app.claimPort,
    start(number, onMessage) {
      const token = crypto.randomUUID();
      const place = { [WORKER_VARIABLE]: formatPlace({ run, number, token }) };
      // The token is a secret.
      const env = { ...place, ...instanceVariables(crypto.randomUUID()) };
      return new WorkerProcess(number, token, startProcess(command, env), onMessage);
    },
  });
  using signals = new StopSignals();
  using _replace = onReplaceSignal(() => void supervisor.replaceAll());
  signals.stop(supervisor);
  const onAbort = () => void supervisor.shutdown();
  signal?.addEventListener("abort", onAbort, { once: true });
  const ports = await app.openSidePorts(health, () => metricsOf(supervisor));
  try {
    await supervisor.start();
    const addr = await supervisor.ready;
    if (addr !== undefined) tell(app, addr);
    await supervisor.finished;
  } finally {
    signal?.removeEventListener("abort", onAbort);
    await supervisor.stop().catch(() => {});
    await ports.close();
  }
}

async function metricsOf({ serving }: Supervisor): Promise<string> {
  const all = serving.map(async (worker) => ({
    number: worker.number,
    text: await worker.metricsText(),
  }));
  return mergeMetrics((await Promise.all(all)).sort((a, b) => a.number - b.number));
}

function tell({ count, onListen }: SupervisedApp, addr: NetAddress): void {
  const address = formatAddress(addr);
  serverLog.info("Listening on {address} with {count} workers", { address, count });
  onListen?.(addr);
}
