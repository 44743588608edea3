/**
 * The program that is deployed: the command line with the app built in. The app is loaded by the
 * commands that need it, and so not by `health`, which a container runs every few seconds.
 *
 * @module
 */

import { runCli } from "@fastgrpc/fastgrpc/cli";

Deno.exit(await runCli(Deno.args, { program: "greeter", load: () => import("./app.ts") }));
