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
import { resolveRunOptions, type RunOptions } from "../serve_options.ts";
import { readFlags } from "./config_flags.ts";
import type { CommandInput } from "./command.ts";
import { loadApp, moduleOf } from "./load_app.ts";

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
 * Loads the module and the configuration of a command.
 *
 * @throws {ConfigError} If there is no app, or a setting is wrong.
 * @throws {TypeError | RangeError} If an option of the code is wrong, or does not go with a setting.
 */
export async function prepareApp(input: CommandInput): Promise<PreparedApp> {
  const { config: path } = input.values;
  const config = await loadConfig({
    path: path as string | undefined,
    flags: readFlags(input.values),
  });
  const { app, code } = await loadCode(input);
  assertEntriesKnown(config.layers.flat(), knownEntries(code));
  const { run, app: overrides, log } = toOptions(config.settings);
  appStarter(app).override(overrides);
  const runOptions: RunOptions = { ...code.runOptions, ...run };
  resolveRunOptions(runOptions);
  return { app, runOptions, code, config, log };
}

/** The JSON Schema of the configuration of a command's module. */
export async function schemaOf(input: CommandInput): Promise<string> {
  const { code } = await loadCode(input);
  return JSON.stringify(configSchema(knownEntries(code)), null, 2);
}

/** The configuration that holds, as YAML. */
export function effectiveConfig({ code, config }: PreparedApp): string {
  return formatEffective(mergeSettings(readCode(code), config.settings));
}

/** Which file was read, or why there was none. */
export function describeFile({ file, isFileForbidden }: LoadedConfig): string {
  if (file !== undefined) return `configured by ${file}`;
  return isFileForbidden
    ? "no fastgrpc.yaml looked for: allow it by --allow-read=fastgrpc.yaml"
    : "no fastgrpc.yaml here";
}

/**
 * Sends the log to the console as the operator wants it.
 *
 * @throws {ConfigError} If the module has configured LogTape itself.
 */
export function startLog({ log, config: { file } }: PreparedApp): void {
  if (!configureConsoleLog(log) && Object.keys(log).length > 0) {
    throw new ConfigError(
      `Cannot set "logging": the module configures LogTape itself, whose loggers and sinks hold`,
    );
  }
  if (file !== undefined) serverLog.info("Configured by {file}", { file });
}

async function loadCode(input: CommandInput): Promise<{ app: FastGRPC; code: AppCode }> {
  const { app: exportName } = input.values;
  const { app, options } = await loadApp(moduleOf(input), exportName as string | undefined);
  const appOptions = appStarter(app).given;
  return { app, code: { appOptions, runOptions: options, methods: appServices(app).declared() } };
}
