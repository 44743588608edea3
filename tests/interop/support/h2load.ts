/**
 * h2load as a second kind of client: calls by Connect, whose errors show in HTTP's own status, at a
 * steady rate until it is stopped.
 *
 * @module
 */

import { createTempDirectory } from "../../support/pem_files.ts";
import { startCommand } from "../../support/program.ts";

const CONNECTIONS = 4;
const CALLS_PER_SECOND_EACH = 25;
/** Longer than any test; it is stopped before. */
const SECONDS = 120;

/** Running calls, ended with the test's block. */
export interface Http2Load extends AsyncDisposable {
  /**
   * Stops it.
   *
   * @returns How many requests there were of each status of HTTP; -1 for those without one.
   */
  stop(): Promise<Record<string, number>>;
}

/** Calls SayHello of the server at a URL. */
export async function startHttp2Load(url: string): Promise<Http2Load> {
  await using stack = new AsyncDisposableStack();
  const { directory } = stack.use(await createTempDirectory());
  const path = (name: string) => new URL(name, directory).pathname;
  await Deno.writeTextFile(path("body.json"), '{"name":"0"}');
  const program = stack.use(startCommand([
    "h2load",
    ...[`--duration=${SECONDS}`, `--clients=${CONNECTIONS}`, `--rps=${CALLS_PER_SECOND_EACH}`],
    ...["--header=content-type: application/json", `--data=${path("body.json")}`],
    ...[`--log-file=${path("log")}`, `${url}/greeter.v1.Greeter/SayHello`],
  ], { cwd: directory }));
  const rest = stack.move();
  return {
    async stop() {
      program.kill("SIGTERM");
      await program.status;
      const lines = (await Deno.readTextFile(path("log"))).trim().split("\n");
      const statuses: Record<string, number> = {};
      for (const line of lines) {
        const status = line.split("\t")[1]!;
        statuses[status] = (statuses[status] ?? 0) + 1;
      }
      return statuses;
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}
