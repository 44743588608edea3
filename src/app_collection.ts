/**
 * Apps that a tool wants to know rather than to serve: while it loads a module, those that are made are
 * noted, and running them does nothing but to note how.
 *
 * @module
 */

/** What became of modules that were loaded. */
export interface Collected<App extends object, Loaded> {
  /** What `load` returned. */
  readonly loaded: Loaded;
  /** The apps that were made meanwhile, in their order, with the options that they were run with. */
  readonly apps: ReadonlyMap<App, object | undefined>;
}

/**
 * On the global object, since a module may bring a copy of the kit of another version: its apps would
 * be served while they are looked for.
 */
const KEY = Symbol.for("fastgrpc.collection");
const shared = globalThis as { [KEY]?: Map<object, object | undefined> | undefined };

/** Whether a tool is loading modules. */
export function isCollecting(): boolean {
  return shared[KEY] !== undefined;
}

/** Notes an app that was made. */
export function noteApp(app: object): void {
  shared[KEY]?.set(app, undefined);
}

/** Notes how an app would have been run; the first time counts. */
export function noteRun(app: object, options: object): void {
  if (shared[KEY]?.get(app) === undefined) shared[KEY]?.set(app, options);
}

/**
 * Loads modules, and notes the apps that are made meanwhile.
 *
 * @param load Is told how many there are so far.
 */
export async function collectApps<App extends object, Loaded>(
  load: (count: () => number) => Promise<Loaded>,
): Promise<Collected<App, Loaded>> {
  const apps = new Map<object, object | undefined>();
  shared[KEY] = apps;
  try {
    const loaded = await load(() => apps.size);
    return { loaded, apps: apps as Map<App, object | undefined> };
  } finally {
    shared[KEY] = undefined;
  }
}

/**
 * A tool that loads a module for its services would never come to its end.
 *
 * @throws {TypeError} If one does.
 */
export function assertNotCollecting(): void {
  if (!isCollecting()) return;
  throw new TypeError(
    "Cannot serve an app while its module is loaded for its services: do it in app.run(), or " +
      "where import.meta.main is true",
  );
}
