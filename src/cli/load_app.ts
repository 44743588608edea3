/**
 * The apps of a module: those that it makes while it is loaded, whether it exports or runs them.
 *
 * @module
 */

import { pathToFileURL } from "node:url";
import { FastGRPC } from "../app.ts";
import { collectApps, stopCollecting } from "../app_collection.ts";
import { ConfigError, suggest } from "../errors.ts";
import type { RunOptions } from "../run_options.ts";
import { EXIT, type Program } from "./command.ts";

/** Thrown when a module is not there, or has no app, or several and none was picked. */
export class NoAppError extends ConfigError {}

/** An app of a module, and how the module runs it. */
export interface LoadedApp {
  readonly app: FastGRPC;
  /** What the module gave to `app.run()`; `{}` if it does not run it. */
  readonly options: RunOptions;
  /** What it is exported as, if it is. */
  readonly exportName: string | undefined;
}

/** A module to be loaded. */
export interface AppModule {
  /** For messages. */
  readonly name: string;
  /** Where it is, unless it is built in. */
  readonly url?: string;
  readonly load: () => Promise<unknown>;
}

/** What tells the modules of a command. */
interface ModuleInput {
  readonly positionals: readonly string[];
  readonly program: Program;
}

/** The module that a command was given, or the one that the program has. */
export function moduleOf(input: ModuleInput): AppModule {
  return modulesOf(input)[0]!;
}

/** The modules that a command was given, or the one that the program has. */
export function modulesOf({ positionals, program: { load } }: ModuleInput): AppModule[] {
  return load === undefined ? positionals.map(moduleAt) : [{ name: "the program", load }];
}

/** The module at a path or URL. */
export function moduleAt(module: string): AppModule {
  // A path of Windows begins with one letter and a colon.
  const isUrl = /^[a-z][a-z+.-]+:/i.test(module);
  const url = isUrl ? module : pathToFileURL(module).href;
  return { name: `"${module}"`, url, load: () => importModule(module, url) };
}

/**
 * Loads a module for its apps. Nothing is served meanwhile: `app.run()` returns at once.
 *
 * @throws {NoAppError} If it has none, or cannot be found.
 */
export async function loadApps(module: AppModule): Promise<LoadedApp[]> {
  using _ = refuseExit(module);
  const { loaded, apps } = await collectApps<FastGRPC, unknown>(module.load);
  return appsOf(module, loaded, apps);
}

/**
 * Loads a module for its one app, or the one that is picked.
 *
 * @param exportName What the app is exported as; it may be left out where there is only one.
 * @throws {NoAppError} If there is no such app, or several.
 */
export async function loadApp(module: AppModule, exportName?: string): Promise<LoadedApp> {
  return pickApp(module, await loadApps(module), exportName);
}

/**
 * Loads a module and runs the app that it runs, for as long as the module would wait for it; or else
 * the one that it exports.
 *
 * @param run In place of `app.run()`, whose options it gets.
 * @throws {NoAppError} If there is no app, or several.
 */
export async function runApp(
  module: AppModule,
  run: (app: FastGRPC, options: RunOptions) => Promise<void>,
): Promise<void> {
  using exits = refuseExit(module);
  const begun = new Set<object>();
  let running: Promise<void> | undefined;
  const runOne = async (app: object, options: RunOptions) => {
    // By then those have begun that are run at the same time.
    await Promise.resolve();
    if (begun.size > 1) throw severalApps(module, begun.size, []);
    if (!(app instanceof FastGRPC)) throw otherCopy(module);
    stopCollecting();
    // Behind it the module may do as it likes.
    exits[Symbol.dispose]();
    await run(app, options);
  };
  const { loaded, apps } = await collectApps<FastGRPC, unknown>(module.load, (app, options) => {
    begun.add(app);
    return running = runOne(app, options);
  });
  if (running !== undefined) return await running;
  const { app } = pickApp(module, appsOf(module, loaded, apps), undefined);
  exits[Symbol.dispose]();
  await run(app, {});
}

/**
 * Makes a failure of it when a module ends the program, as by Deno.exit() behind an app.run() that
 * returns at once: a check that was not made must not look like one that found nothing.
 */
function refuseExit({ name }: AppModule): Disposable {
  const refuse = () => {
    stop();
    console.error(
      `Cannot load ${name} to its end: it calls Deno.exit(), do so where import.meta.main is true`,
    );
    Deno.exit(Deno.exitCode || EXIT.failed);
  };
  const stop = () => removeEventListener("unload", refuse);
  addEventListener("unload", refuse);
  return { [Symbol.dispose]: stop };
}

function appsOf(
  { name }: AppModule,
  loaded: unknown,
  made: ReadonlyMap<unknown, object | undefined>,
): LoadedApp[] {
  // One that was loaded before has made its apps already.
  const exported = new Map<unknown, string>();
  for (const [exportName, value] of Object.entries(loaded ?? {})) {
    if (!exported.has(value)) exported.set(value, exportName);
  }
  const all = new Set<unknown>([...made.keys(), ...exported.keys()]);
  const found = [...all].filter((app) => app instanceof FastGRPC);
  if (found.length > 0) {
    return found.map((app) => ({
      app,
      options: (made.get(app) ?? {}) as RunOptions,
      exportName: exported.get(app),
    }));
  }
  if (made.size > 0) throw otherCopy({ name });
  throw new NoAppError(
    `Cannot find an app in ${name}: export it, or run it, as in "export const app = new FastGRPC()"`,
  );
}

function pickApp(
  module: AppModule,
  apps: readonly LoadedApp[],
  exportName: string | undefined,
): LoadedApp {
  const names = apps.flatMap((each) => each.exportName ?? []);
  if (exportName === undefined) {
    if (apps.length === 1) return apps[0]!;
    throw severalApps(module, apps.length, names);
  }
  const picked = apps.find((each) => each.exportName === exportName);
  if (picked !== undefined) return picked;
  throw new NoAppError(
    `Cannot find app "${exportName}" in ${module.name}: ${suggest(exportName, names)}`,
  );
}

function severalApps(
  { name }: Pick<AppModule, "name">,
  count: number,
  names: readonly string[],
): NoAppError {
  return new NoAppError(
    `Cannot choose between the ${count} apps of ${name}: ` +
      (names.length === 0
        ? "export them, and pick one by --app=<name>"
        : `pick one by --app=<name>, exported are ${names.map((each) => `"${each}"`).join(", ")}`),
  );
}

function otherCopy({ name }: Pick<AppModule, "name">): NoAppError {
  return new NoAppError(
    `Cannot use the app in ${name}: it is made by another copy of FastGRPC, run the command line of ` +
      `the one that the module imports`,
  );
}

/** Tells a module that is not there from one that lacks another. */
async function importModule(module: string, url: string): Promise<unknown> {
  try {
    return await import(url);
  } catch (error) {
    if (!(error instanceof TypeError) || error.message !== `Module not found "${url}".`) {
      throw error;
    }
    throw new NoAppError(`Cannot find module "${module}": give a path or a URL`, { cause: error });
  }
}
