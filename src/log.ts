/**
 * The kit's loggers, in LogTape's category `fastgrpc`. They are silent until the application
 * configures LogTape, or lets `app.run()` do it. Messages and metadata of calls are never logged.
 *
 * @module
 */

import {
  configureSync,
  getConfig,
  getConsoleSink,
  getLogger,
  jsonLinesFormatter,
  type Logger,
} from "./deps.ts";

/** The server's life: listening, draining, certificates. Category `fastgrpc.server`. */
export const serverLog: Logger = getLogger(["fastgrpc", "server"]);

/** What went wrong inside calls, with causes. Category `fastgrpc.call`. */
export const callLog: Logger = getLogger(["fastgrpc", "call"]);

/** One line a call. Category `fastgrpc.access`. */
export const accessLog: Logger = getLogger(["fastgrpc", "access"]);

/** From what level on there is a log, from the most of it to the least. */
export const LOG_LEVELS = ["trace", "debug", "info", "warning", "error", "fatal"] as const;

/** How a line of the log looks: to be read by people, or as an object of JSON. */
export const LOG_FORMATS = ["text", "json"] as const;

/** Options of {@linkcode configureConsoleLog}. */
export interface ConsoleLogOptions {
  /** @default {"info"} */
  readonly level?: typeof LOG_LEVELS[number];
  /** @default {"text"} */
  readonly format?: typeof LOG_FORMATS[number];
}

/**
 * Sends the kit's log to the console, unless LogTape is configured already.
 *
 * @returns Whether it was not.
 */
export function configureConsoleLog(
  { level = "info", format = "text" }: ConsoleLogOptions = {},
): boolean {
  if (getConfig() !== null) return false;
  // At once: several apps may be run at the same time.
  configureSync({
    sinks: {
      console: getConsoleSink(format === "json" ? { formatter: jsonLinesFormatter } : {}),
    },
    loggers: [
      { category: "fastgrpc", lowestLevel: level, sinks: ["console"] },
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["console"] },
    ],
  });
  return true;
}
