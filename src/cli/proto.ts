/**
 * `proto`: writes the `.proto` files and locks of services in code, or checks them.
 *
 * @module
 */

import { type Command, defineCommand, MODULE } from "./command.ts";

/** Looks after `.proto` files and locks. */
export const proto: Command = defineCommand({
  name: "proto",
  summary: "writes the .proto files and locks of services in code, or checks them",
  description:
    "A module makes an app, and runs or exports it; nothing is served. Name all modules that have\n" +
    "services of the same package or folder.\n" +
    "It needs --allow-read, and --allow-write for the folders that it writes.",
  flags: {
    check: {
      type: "boolean",
      summary: "write nothing; tell what is stale, and what breaks clients",
    },
    folder: {
      type: "string",
      value: "<path>",
      summary: "for services that name none by their own proto (proto)",
      completes: "directory",
    },
  },
  positionals: [{ ...MODULE, multiple: true }],
  exitCodes: {
    0: "all is up to date, or was written",
    1: "a change breaks clients; with --check, or a file is stale",
    2: "it cannot be done: a module, a schema, a lock, a permission",
  },
  examples: ["proto server.ts", "proto --check server.ts admin.ts"],
  async run(input) {
    const { runProto } = await import("./run_proto.ts");
    return await runProto(input);
  },
});
