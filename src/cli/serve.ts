/**
 * `serve`: serves the app of a module.
 *
 * @module
 */

import { type Command, defineCommand, EXIT, MODULE } from "./command.ts";

/** Serves the app of a module. */
export const serve: Command = defineCommand({
  name: "serve",
  summary: "serves the app of a module",
  flags: {
    app: { type: "string", value: "<name>", summary: "the export that is the app" },
  },
  positionals: [MODULE],
  examples: ["serve server.ts"],
  async run(input) {
    const { loadApp, moduleOf } = await import("./load_app.ts");
    const { app, options } = await loadApp(moduleOf(input), input.values.app);
    await app.run(options);
    return EXIT.ok;
  },
});
