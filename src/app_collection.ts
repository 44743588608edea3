/**
 * Apps of modules that a tool loads: while it does so, those that are made are noted, and it is the
 * tool's business what running one does.
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

/** Called when a module runs an app; the module waits for it. */
export type OnRun = (app: object, options: object) => Promise<void>;

/** A tool that is loading modules. */
interface Collector {
  noteApp(app: object): void;
  noteRun(app: object, options: object): Promise<void>;
}

/**
 * On the global object, since a module may bring a copy of the kit of another version: its apps would
 * be served while they are looked for.
 */
const KEY = Symbol.for("fastgrpc.collector");
const shared = globalThis as { [KEY]?: Collector | undefined };

/** Whether a tool is loading modules. */
export function isCollecting(): boolean {
  return shared[KEY] !== undefined;
}

/** Notes an app that was made. */
export function noteApp(app: object): void {
  shared[KEY]?.noteApp(app);
}

/** Notes how an app is to be run. */
export async function noteRun(app: object, options: object): Promise<void> {
  await shared[KEY]?.noteRun(app, options);
}

/** What was collected is enough: from now on apps run as ever. */
export function stopCollecting(): void {
  shared[KEY] = undefined;
}

/**
 * Loads modules, and notes the apps that are made meanwhile.
 *
 * @param load Is told how many there are so far.
 * @param onRun What running an app does, besides that it is noted.
 */
export async function collectApps<App extends object, Loaded>(
  load: (count: () => number) => Promise<Loaded>,
  onRun?: OnRun,
): Promise<Collected<App, Loaded>> {
  const apps = new Map<object, object | undefined>();
  shared[KEY] = {
    noteApp: (app) => void apps.set(app, undefined),
    async noteRun(app, options) {
      apps.set(app, apps.get(app) ?? options);
      await onRun?.(app, options);
    },
  };
  try {
    const loaded = await load(() => apps.size);
    return { loaded, apps: apps as Map<App, object | undefined> };
  } finally {
    stopCollecting();
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
