/**
 * `check`: loads all that would be served, and opens no port.
 *
 * @module
 */

import { type Command, defineCommand, EXIT, MODULE } from "./command.ts";
import { CONFIG_FLAGS } from "./config_flags.ts";

/** Checks the app of a module. */
export const check: Command = defineCommand({
  name: "check",
  summary: "loads everything that serve would, opens no port, and tells what would be served",
  description:
    "The module, the configuration, certificates, schemas and their locks are loaded and checked.\n" +
    "It takes what serve takes, from flags, the environment and the file.",
  flags: CONFIG_FLAGS,
  positionals: [MODULE],
  exitCodes: {
    0: "it can be served",
    1: "it cannot be served, or its certificate is out of date",
    2: "wrong usage, or there is no such module or app",
  },
  examples: ["check server.ts", "check server.ts --config=production.yaml"],
  async run(input) {
    const { checkApp } = await import("./check_app.ts");
    return await checkApp(input) ? EXIT.ok : EXIT.failed;
  },
});
