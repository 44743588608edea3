/**
 * What `app.run()` does: serves the app in this process until a signal stops it, or lets others serve
 * it, or serves it as one of those.
 *
 * @module
 */

import type { HealthStatus } from "./health_status.ts";
import { serverLog } from "./log.ts";
import { resolveRunOptions, type RunOptions } from "./run_options.ts";
import type { ResolvedServeOptions, ServeOptions } from "./serve_options.ts";
import type { Server } from "./server.ts";
import type { Open, Starter } from "./starter.ts";
import { onReplaceSignal, runUntilStopped } from "./stop_signals.ts";
import { openSidePorts } from "./surroundings.ts";
import { claimPort, listen } from "./transport/listener.ts";
import { loadTls } from "./transport/tls.ts";
import { countRun } from "./workers/worker_place.ts";

/** An app that is to be run. */
export interface RunnableApp {
  readonly starter: Starter;
  readonly health: HealthStatus;
}

/**
 * Runs an app to its end.
 *
 * @param serve Serves it in this process.
 */
export async function runApp(
  app: RunnableApp,
  options: RunOptions,
  serve: (options: ServeOptions) => Promise<Server>,
): Promise<void> {
  const { run, place } = countRun();
  const { onListen, workers: _, ...serveOptions } = options;
  const resolved = resolveRunOptions(options);
  if (place === undefined) {
    if (resolved.workers === 1) {
      using _ = options.workers === "auto" ? ignoreReplaceSignal() : undefined;
      return await runUntilStopped(() => serve(serveOptions), onListen);
    }
    return await supervise(app, resolved, { count: resolved.workers, run, onListen });
  }
  // A worker is for one call of run(); the others are its supervisor's.
  if (place.run !== run) return;
  const { serveAsWorker } = await import("./workers/as_worker.ts");
  await serveAsWorker(place, {
    health: app.health,
    lameDuckMs: resolved.lameDuckMs,
    gracefulTimeoutMs: resolved.gracefulTimeoutMs,
    signal: resolved.signal,
    serve: (port, onMetrics) => {
      const sidePorts = { ...resolved.sidePorts, onMetrics };
      return listenOn(app.starter, { ...resolved, lameDuckMs: 0, sidePorts }, port);
    },
  });
}

/** Whoever sends it to a server with workers sends it to that which has one core, too. */
function ignoreReplaceSignal(): Disposable {
  return onReplaceSignal(() => serverLog.warn("There are no workers to replace: start it anew"));
}

/**
 * Opens a port and serves an app on it.
 *
 * @param sharedPort Tells which one, where other processes listen on it as well.
 */
export async function listenOn(
  starter: Starter,
  options: ResolvedServeOptions,
  sharedPort?: () => Promise<number>,
): Promise<Server> {
  const open: Open = async (onStream) => {
    if (sharedPort === undefined) return await listen({ ...options, onStream });
    return await listen({ ...options, port: await sharedPort(), reusePort: true, onStream });
  };
  return await starter.start(options, open);
}

/** Lets other processes serve an app. What is wrong with it is told before there are any. */
async function supervise(
  { starter, health }: RunnableApp,
  options: ResolvedServeOptions,
  workers: {
    readonly count: number;
    readonly run: number;
    readonly onListen: RunOptions["onListen"];
  },
): Promise<void> {
  using _held = await starter.hold(options);
  await loadTls(options.tls);
  const { runSupervisor } = await import("./workers/run_workers.ts");
  await runSupervisor({
    ...options,
    ...workers,
    statuses: health.own(),
    openSidePorts: (...about) => openSidePorts(options.sidePorts, ...about),
    claimPort: (port = options.port) => claimPort({ ...options, port }),
  });
}
