/**
 * Apps that a tool wants to know rather than to serve: while it loads a module, those that are made are
 * noted, and running them does nothing.
 *
 * @module
 */

let collection: Set<object> | undefined;

/** Whether a tool is loading modules. */
export function isCollecting(): boolean {
  return collection !== undefined;
}

/** Notes an app that was made. */
export function noteApp(app: object): void {
  collection?.add(app);
}

/**
 * Loads modules, and returns the apps that were made meanwhile, in their order.
 *
 * @param load Is told how many there are so far.
 */
export async function collectApps<App extends object>(
  load: (count: () => number) => Promise<unknown>,
): Promise<App[]> {
  const apps = collection = new Set<object>();
  try {
    await load(() => apps.size);
    return [...apps] as App[];
  } finally {
    collection = undefined;
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
