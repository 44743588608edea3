/**
 * `serve`: serves the app of a module, with what the operator has set.
 *
 * @module
 */

import { type Command, defineCommand, EXIT, MODULE } from "./command.ts";
import { CONFIG_FLAGS } from "./config_flags.ts";

/** Serves the app of a module. */
export const serve: Command = defineCommand({
  name: "serve",
  summary: "serves the app of a module until SIGTERM or SIGINT",
  description:
    "What flags set overrules the environment, that the configuration file, that the code.\n" +
    "A flag is set in the environment by its name: --port by FASTGRPC_PORT.",
  flags: {
    ...CONFIG_FLAGS,
    "print-config": {
      type: "boolean",
      summary: "print what would hold, and where it comes from, and serve nothing",
    },
    "print-schema": {
      type: "boolean",
      summary: "print the JSON Schema of the configuration, for editors, and serve nothing",
    },
  },
  positionals: [MODULE],
  exitCodes: {
    0: "stopped, after a signal",
    1: "failed",
    2: "wrong usage or set-up; no port was opened",
  },
  examples: [
    "serve server.ts",
    "serve server.ts --port=8443 --graceful-timeout=30s --health-check",
    "serve server.ts --print-config",
    "serve server.ts --print-schema > fastgrpc.schema.json",
  ],
  async run(input) {
    const { values } = input;
    const { effectiveConfig, prepareApp, schemaOf, serveApp } = await import("./prepare_app.ts");
    if (values["print-schema"]) console.log(await schemaOf(input));
    else if (values["print-config"]) console.log(effectiveConfig(await prepareApp(input)));
    else await serveApp(input);
    return EXIT.ok;
  },
});
