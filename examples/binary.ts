/**
 * The example service with the command line around it: `deno task compile` makes one binary of it,
 * which serves by no command at all, and has `health`, `certs` and all others.
 *
 * @module
 */

import { runCli } from "@fastgrpc/fastgrpc/cli";

// Loaded by the commands that need it: a health probe does not wait for a server's code.
const load = () => import("./configured.ts");

Deno.exit(await runCli(Deno.args, { program: "server", load }));
