/**
 * `permissions`: prints what an app has to be allowed to be served as it is configured.
 *
 * @module
 */

import { type Command, defineCommand, EXIT, MODULE } from "./command.ts";
import { CONFIG_FLAGS } from "./config_flags.ts";

/** Prints the permissions that serving an app takes. */
export const permissions: Command = defineCommand({
  name: "permissions",
  summary: "prints the exact --allow-* set that serving the app of a module takes",
  description:
    "It takes what serve takes, from flags, the environment and the file, and names what serve then\n" +
    "needs: addresses, PEM files, the configuration, variables that are set, the module with all local\n" +
    "files that it imports, unless they are built in. Run it with -A: nothing is served.\n" +
    "What your own handlers need, such as a database, it cannot know: add that.",
  flags: {
    ...CONFIG_FLAGS,
    alone: {
      type: "boolean",
      summary: "for the module run by itself, as in deno run server.ts: its code alone decides",
    },
    json: {
      type: "boolean",
      summary: 'as "permissions" for deno.json, used by deno run -P=serve',
    },
  },
  positionals: [MODULE],
  exitCodes: {
    0: "printed",
    1: "the module fails",
    2: "wrong usage or set-up",
  },
  examples: [
    "permissions server.ts",
    "permissions server.ts --config=production.yaml --json",
    "permissions server.ts --alone",
  ],
  async run(input) {
    const { formatFlags, formatSet } = await import("./permission_set.ts");
    const { neededPermissions } = await import("./needed_permissions.ts");
    const needed = await neededPermissions(input);
    console.log(input.values["json"] ? formatSet(needed) : formatFlags(needed));
    return EXIT.ok;
  },
});
