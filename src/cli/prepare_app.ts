/**
 * The app of a module with what the operator has set: read, checked against what the app has, and set.
 *
 * @module
 */

import { appServices, appStarter, type FastGRPC } from "../app.ts";
import {
  type AppCode,
  knownEntries,
  type OperatorOptions,
  readCode,
  toOptions,
} from "../config/app_settings.ts";
import { formatEffective } from "../config/effective_yaml.ts";
import { configSchema } from "../config/json_schema.ts";
import { loadConfig, type LoadedConfig } from "../config/load_config.ts";
import { assertEntriesKnown, mergeSettings } from "../config/setting.ts";
import { ConfigError } from "../errors.ts";
import { configureConsoleLog, serverLog } from "../log.ts";
import { resolveRunOptions, type RunOptions } from "../run_options.ts";
import { readFlags } from "./config_flags.ts";
import type { CommandInput } from "./command.ts";
import { loadApp, moduleOf, runApp } from "./load_app.ts";

/** An app that is ready to be run. */
export interface PreparedApp {
  readonly app: FastGRPC;
  /** For `app.run()`: the code's options, and the operator's over them. */
  readonly runOptions: RunOptions;
  readonly code: AppCode;
  readonly config: LoadedConfig;
  readonly log: OperatorOptions["log"];
}

/**
 * Loads the module and the configuration of a command. Nothing is served.
 *
 * @throws {ConfigError} If there is no app, or a setting is wrong.
 * @throws {TypeError | RangeError} If an option of the code is wrong, or does not go with a setting.
 */
export async function prepareApp(input: CommandInput): Promise<PreparedApp> {
  const config = await loadConfigOf(input);
  const { app, options } = await loadApp(moduleOf(input), exportNameOf(input));
  return prepare(config, app, options);
}

/**
 * Loads the module and the configuration of a command, and serves the app until it is stopped. The
 * module waits in `app.run()` meanwhile, and cleans up afterwards.
 *
 * @throws As {@linkcode prepareApp}, and `app.run()`.
 */
export async function serveApp(input: CommandInput): Promise<void> {
  const config = await loadConfigOf(input);
  const serve = async (app: FastGRPC, options: RunOptions) => {
    const prepared = prepare(config, app, options);
    startLog(prepared);
    await app.run(prepared.runOptions);
  };
  const exportName = exportNameOf(input);
  if (exportName === undefined) return await runApp(moduleOf(input), serve);
  // What an app is exported as is known when the module is loaded, and has waited for nothing.
  const { app, options } = await loadApp(moduleOf(input), exportName);
  await serve(app, options);
}

/** The JSON Schema of the configuration of a command's module. */
export async function schemaOf(input: CommandInput): Promise<string> {
  const { app, options } = await loadApp(moduleOf(input), exportNameOf(input));
  return JSON.stringify(configSchema(knownEntries(codeOf(app, options))), null, 2);
}

/** The configuration that holds, as YAML, below where it was read from. */
export function effectiveConfig({ code, config }: PreparedApp): string {
  const yaml = formatEffective(mergeSettings(readCode(code), config.settings));
  return `# ${describeFile(config)}\n${yaml}`;
}

/** Which file was read, or why there was none. */
export function describeFile({ file, isFileForbidden }: LoadedConfig): string {
  if (file !== undefined) return `configured by ${file}`;
  return isFileForbidden
    ? "no fastgrpc.yaml looked for: allow it by --allow-read=fastgrpc.yaml"
    : "no fastgrpc.yaml here";
}

function exportNameOf({ values }: CommandInput): string | undefined {
  return values["app"] as string | undefined;
}

async function loadConfigOf({ values }: CommandInput): Promise<LoadedConfig> {
  const path = values["config"] as string | undefined;
  return await loadConfig({ path, flags: readFlags(values) });
}

function prepare(config: LoadedConfig, app: FastGRPC, options: RunOptions): PreparedApp {
  const code = codeOf(app, options);
  assertEntriesKnown(config.settings, knownEntries(code));
  const { run, app: overrides, log } = toOptions(config.settings);
  appStarter(app).override(overrides);
  const runOptions: RunOptions = { ...options, ...run };
  resolveRunOptions(runOptions);
  return { app, runOptions, code, config, log };
}

function codeOf(app: FastGRPC, runOptions: RunOptions): AppCode {
  return {
    appOptions: appStarter(app).given,
    runOptions,
    methods: appServices(app).declared(),
  };
}

/** Sends the log to the console as the operator wants it, unless the module has taken care of it. */
function startLog({ log, config: { file } }: PreparedApp): void {
  if (!configureConsoleLog(log) && Object.keys(log).length > 0) {
    throw new ConfigError(
      `Cannot set "logging": the module configures LogTape itself, whose loggers and sinks hold`,
    );
  }
  if (file !== undefined) serverLog.info("Configured by {file}", { file });
}
