/**
 * The kit's loggers, in LogTape's category `fastgrpc`. They are silent until the application
 * configures LogTape, or lets `app.run()` do it. Messages and metadata of calls are never logged.
 *
 * @module
 */

import { configureSync, getConfig, getConsoleSink, getLogger, type Logger } from "@logtape/logtape";

/** The server's life: listening, draining, certificates. Category `fastgrpc.server`. */
export const serverLog: Logger = getLogger(["fastgrpc", "server"]);

/** What went wrong inside calls, with causes. Category `fastgrpc.call`. */
export const callLog: Logger = getLogger(["fastgrpc", "call"]);

/** One line a call. Category `fastgrpc.access`. */
export const accessLog: Logger = getLogger(["fastgrpc", "access"]);

/** Sends the kit's log to the console, from `info` up, unless LogTape is configured already. */
export function configureConsoleLog(): void {
  if (getConfig() !== null) return;
  // At once: several apps may be run at the same time.
  configureSync({
    sinks: { console: getConsoleSink() },
    loggers: [
      { category: "fastgrpc", lowestLevel: "info", sinks: ["console"] },
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["console"] },
    ],
  });
}
