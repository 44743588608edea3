/**
 * The process that `worker_greeter.ts` starts, and its workers: `app.run()` with several of them.
 *
 * Names of `sayHello` tell a worker to do something: `@pid` to say which process it is, `@wait` to wait
 * for SIGUSR1, `@exit` to end with code 3, `@hang` to do nothing else any more, `@health <status>` to
 * set the status of the service, `@log` to write to its log, `@environment` to tell what it may do, and
 * `@abort` to abort the signal that `run()` got. All else is answered after some work, with the process.
 *
 * @module
 */

import { type Duration, FastGRPC } from "../../mod.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "../../examples/greeter.ts";
import { logLines } from "./long_lines.ts";
import type { WorkerGreeterTask } from "./worker_greeter.ts";

const task: WorkerGreeterTask = JSON.parse(Deno.args[0]!);
const { promise: released, resolve: release } = Promise.withResolvers<void>();
const abort = new AbortController();

const app = new FastGRPC();

async function obey([word, ...words]: string[]): Promise<string> {
  switch (word) {
    case "@wait":
      console.log(`waiting ${Deno.pid}`);
      await released;
      break;
    case "@exit":
      Deno.exit(3);
      break;
    case "@hang":
      hang();
      break;
    case "@health":
      app.health.set(Greeter.typeName, words[0] as "SERVING");
      break;
    case "@log":
      await logLines(Number(words[0]), Number(words[1]));
      break;
    case "@abort":
      abort.abort();
      break;
    case "@environment":
      return JSON.stringify({
        args: Deno.args.slice(1),
        hasGc: "gc" in globalThis,
        mayRead: (await Deno.permissions.query({ name: "read" })).state,
        isMarked: Deno.env.get("FASTGRPC_SUPERVISOR") !== undefined,
      });
  }
  return String(Deno.pid);
}

function hang(): void {
  console.log(`hanging ${Deno.pid}`);
  while (true);
}

app.addService(Greeter, {
  ...greeterHandlers,
  sayHello: async ({ name }) => ({ message: await obey(name.split(" ")) }),
});

Deno.addSignalListener("SIGUSR1", release);
const { run, crashes, crashesBy, hangsBy, gracefulBy, lingers } = task;
const isToCrash = crashes || (crashesBy && Deno.readTextFileSync(crashesBy) === "crash");
if (isToCrash && Deno.env.get("FASTGRPC_SUPERVISOR") !== undefined) Deno.exit(7);
const isToHang = hangsBy && Deno.readTextFileSync(hangsBy) === "hang";
if (isToHang && Deno.env.get("FASTGRPC_SUPERVISOR") !== undefined) hang();
await app.run({
  hostname: "127.0.0.1",
  port: 0,
  workers: 2,
  ...run,
  ...(gracefulBy && { gracefulTimeout: Deno.readTextFileSync(gracefulBy) as Duration }),
  signal: abort.signal,
  onListen: ({ port }) => console.log(`port ${port}`),
});
console.log(`ended ${Deno.pid}`);
Deno.removeSignalListener("SIGUSR1", release);
if (lingers) setInterval(() => {}, 1000);
