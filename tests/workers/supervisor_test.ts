/** The supervisor with processes that say what a test wants. */

import { assert, assertEquals } from "@std/assert";
import { startProcess } from "../../src/workers/child_process.ts";
import { formatFromWorker } from "../../src/workers/messages.ts";
import { Supervisor } from "../../src/workers/supervisor.ts";
import { WorkerProcess } from "../../src/workers/worker_process.ts";
import { captureLog } from "../support/captured_log.ts";

const TOKEN = "5a1";
const PREPARED = formatFromWorker(TOKEN, { type: "prepared" });
const READY = formatFromWorker(TOKEN, {
  ...{ type: "ready", hostname: "127.0.0.1", port: 1, shutdownMs: 0 },
});
const PONG = formatFromWorker(TOKEN, { type: "pong" });

/** A process that takes calls, as it says, and then answers whatever it is told, or does not. */
const script = (answers: boolean) => `
  printf '%s' "$PREPARED" >&2; read -r line; printf '%s' "$READY" >&2
  ${answers ? `while read -r line; do printf '%s' "$PONG" >&2; done` : "exec sleep 60"}
`;

Deno.test("a supervisor kills a worker that does not answer, and starts another", async () => {
  await using log = await captureLog();
  const started: WorkerProcess[] = [];
  const { promise: again, resolve } = Promise.withResolvers<void>();
  const supervisor = new Supervisor({
    ...{ count: 2, shutdownMs: 0, pingMs: 100 },
    claimPort: () => Promise.resolve(1),
    start(number, onMessage) {
      const args = ["-c", script(number === 1 || started.length === 2)];
      const child = startProcess({ path: "sh", args }, { PREPARED, READY, PONG });
      started.push(new WorkerProcess(number, TOKEN, child, onMessage));
      if (started.length === 3) resolve();
      return started.at(-1)!;
    },
  });
  await supervisor.start();
  await supervisor.ready;
  await again;
  const stopped = supervisor.stop();
  for (const worker of started) worker.kill();
  await stopped;
  assertEquals(started.map(({ number }) => number), [1, 2, 2]);
  assertEquals(
    log.records.filter(({ level }) => level === "error").map(({ rawMessage }) => rawMessage),
    [
      "Worker {number}, process {pid}, does not answer, and is killed",
      "Worker {number} is started again: {why}",
    ],
  );
});

Deno.test("metrics of a worker are told though an earlier answer was lost", async () => {
  const METRICS = formatFromWorker(TOKEN, { type: "metrics", text: "a 1" });
  const args = ["-c", `read -r line; read -r line; printf '%s' "$METRICS" >&2; read -r line`];
  const child = startProcess({ path: "sh", args }, { METRICS });
  const worker = new WorkerProcess(1, TOKEN, child, () => {});
  const lost = worker.metricsText();
  const before = performance.now();
  assertEquals(await worker.metricsText(), "a 1");
  assertEquals(await lost, "a 1");
  assert(performance.now() - before < 1500);
  worker.kill();
  await worker.ended;
});
