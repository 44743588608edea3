/**
 * `check`: loads all that would be served, and opens no port.
 *
 * @module
 */

import { type Command, defineCommand, EXIT, MODULE } from "./command.ts";

/** Checks the app of a module. */
export const check: Command = defineCommand({
  name: "check",
  summary: "loads everything that serve would, and opens no port",
  flags: {
    app: { type: "string", value: "<name>", summary: "the export that is the app" },
  },
  positionals: [MODULE],
  examples: ["check server.ts"],
  async run(input) {
    const { loadApp, moduleOf } = await import("./load_app.ts");
    await loadApp(moduleOf(input), input.values.app);
    return EXIT.ok;
  },
});
