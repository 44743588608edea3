import { assert, assertEquals } from "@std/assert";
import { startVictim } from "../support/attack.ts";
import { startProgram } from "../support/program.ts";

const MAIN = new URL("../support/idle_clients_main.ts", import.meta.url);
const WANTED = 10_000;
/** What a process has open besides. */
const SPARE_FILES = 500;

/** As many as both processes may have open files for. */
async function connectionCount(): Promise<number> {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", "ulimit -Hn"] }).output();
  const files = Number.parseInt(new TextDecoder().decode(stdout)) || Infinity;
  return Math.min(WANTED, files - SPARE_FILES);
}

Deno.test("app.serve() holds 10,000 idle connections, and lets them go", async () => {
  const idle = await connectionCount();
  assert(idle > 100, "the limit of open files is too low");
  await using victim = await startVictim({ serve: { maxConnections: idle + SPARE_FILES } });
  const before = await victim.rssMib();
  const bounds = { mib: 1024, ms: 60_000, neighbourMs: 10_000 };
  const { result } = await victim.endure(`${idle} idle connections`, bounds, async () => {
    await using clients = startProgram(MAIN, {
      args: [String(victim.port), String(idle)],
      flags: ["--allow-net=127.0.0.1"],
    });
    await clients.printed(/open \d+/);
    const { connections } = await victim.count();
    const kib = (await victim.rssMib() - before) * 1024 / idle;
    return { connections, kibEach: Number(kib.toFixed(1)), output: clients.output() };
  });
  assertEquals(result.output, `open ${idle}\n`);
  assert(result.connections > idle, `there are ${result.connections}`);
  await victim.untilCount("all are gone", ({ connections }) => connections === 1);
});
