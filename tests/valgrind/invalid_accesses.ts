/**
 * Counts how often a server under a small load reads or writes memory that it has freed, or never
 * had: 0 with the shield of `src/transport/session_shield.ts` in place, and with the kit's own engine. A
 * crash depends on luck, this does not. Takes a quarter of a minute for each engine; run it as
 * `deno task valgrind` after a change of the shield or of Deno.
 */

import type { Engine } from "../../src/transport/connections.ts";
import { startGreeter } from "../support/child_greeter.ts";
import { readEngines } from "../support/engines.ts";
import { runGoawayLoad } from "../support/goaway_load.ts";
import { isInstalled } from "../support/program.ts";

const LOAD = { connections: 12, concurrency: 4, streams: 4, rounds: 1 };

if (await isInstalled("valgrind")) {
  const results: boolean[] = [];
  for (const engine of readEngines()) results.push(await check(engine));
  Deno.exit(results.includes(false) ? 1 : 0);
} else {
  console.log("Skipped: valgrind is not installed");
}

async function check(engine: Engine): Promise<boolean> {
  const startedAt = performance.now();
  const logFile = await Deno.makeTempFile({ prefix: "fastgrpc-valgrind-" });
  try {
    const { answered, exitCode } = await runServer(engine, logFile);
    const log = await Deno.readTextFile(logFile);
    const places = log.match(/Invalid (read|write)/g)?.length ?? 0;
    const [, errors] = /ERROR SUMMARY: ([\d,]+) errors/.exec(log) ?? [];
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    console.log(
      `Engine ${engine}: ${answered} calls on ${LOAD.connections} connections in ${seconds} s`,
    );
    console.log(`${errors} invalid accesses in ${places} places; exit code ${exitCode}`);
    return errors === "0" && exitCode === 0;
  } finally {
    await Deno.remove(logFile);
  }
}

async function runServer(
  engine: Engine,
  logFile: string,
): Promise<{ answered: number; exitCode: number }> {
  await using server = startGreeter({
    run: { engine, gracefulTimeout: "5s" },
    wrapper: ["valgrind", `--log-file=${logFile}`, "--undef-value-errors=no", "--error-limit=no"],
    flags: ["--allow-net=127.0.0.1", "--v8-flags=--jitless,--single-threaded"],
  });
  const answered = await runGoawayLoad({ port: await server.port(), patienceMs: 60_000 }, LOAD)
    .catch(() => 0);
  server.kill("SIGTERM");
  return { answered, exitCode: (await server.status).code };
}
