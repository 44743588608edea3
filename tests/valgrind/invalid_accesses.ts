/**
 * Counts how often a server under a small load reads or writes memory that it has freed, or never
 * had: 0 with the shield of `src/transport/session_shield.ts` in place. A crash depends on luck, this
 * does not. Takes a quarter of a minute; run it as `deno task valgrind` after a change of the shield or of Deno.
 */

import { startGreeter } from "../support/child_greeter.ts";
import { runGoawayLoad } from "../support/goaway_load.ts";
import { isInstalled } from "../support/program.ts";

const LOAD = { connections: 12, concurrency: 4, streams: 4, rounds: 1 };

if (await isInstalled("valgrind")) {
  Deno.exit(await check() ? 0 : 1);
} else {
  console.log("Skipped: valgrind is not installed");
}

async function check(): Promise<boolean> {
  const startedAt = performance.now();
  const logFile = await Deno.makeTempFile({ prefix: "fastgrpc-valgrind-" });
  try {
    const { answered, exitCode } = await runServer(logFile);
    const log = await Deno.readTextFile(logFile);
    const places = log.match(/Invalid (read|write)/g)?.length ?? 0;
    const [, errors] = /ERROR SUMMARY: ([\d,]+) errors/.exec(log) ?? [];
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    console.log(`${answered} calls on ${LOAD.connections} connections in ${seconds} s`);
    console.log(`${errors} invalid accesses in ${places} places; exit code ${exitCode}`);
    return errors === "0" && exitCode === 0;
  } finally {
    await Deno.remove(logFile);
  }
}

async function runServer(logFile: string): Promise<{ answered: number; exitCode: number }> {
  await using server = startGreeter({
    run: { gracefulTimeout: "5s" },
    wrapper: ["valgrind", `--log-file=${logFile}`, "--undef-value-errors=no", "--error-limit=no"],
    flags: ["--allow-net=127.0.0.1", "--v8-flags=--jitless,--single-threaded"],
  });
  const answered = await runGoawayLoad({ port: await server.port(), patienceMs: 60_000 }, LOAD)
    .catch(() => 0);
  server.kill("SIGTERM");
  return { answered, exitCode: (await server.status).code };
}
