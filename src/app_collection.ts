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

/** Loads a module, and returns the apps that were made meanwhile, in their order. */
export async function collectApps<App extends object>(
  load: () => Promise<unknown>,
): Promise<App[]> {
  collection = new Set();
  try {
    await load();
    return [...collection] as App[];
  } finally {
    collection = undefined;
  }
}
