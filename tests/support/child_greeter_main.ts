/**
 * The process that `child_greeter.ts` starts: `app.run()` and nothing that is only for tests, in
 * particular not `shield_clients.ts`.
 *
 * Calls named `wait`, and all streams, last until it gets SIGUSR1. The name `@memory` is answered
 * with what `Deno.memoryUsage()` says after a collection of garbage. It prints `port <n>` when it
 * listens, `waiting <n>` for each call that waits, and `stopped` after each run.
 *
 * @module
 */

import { FastGRPC } from "../../mod.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "../../examples/greeter.ts";
import type { ChildGreeterTask } from "./child_greeter.ts";

const { gc } = globalThis as { gc?: () => void };
const { run: options = {}, runs = 1, staysAlive = false }: ChildGreeterTask = JSON.parse(
  Deno.args[0] ?? "{}",
);

const { promise: released, resolve: release } = Promise.withResolvers<void>();
let waiting = 0;

async function wait(): Promise<void> {
  console.log(`waiting ${++waiting}`);
  await released;
}

const app = new FastGRPC();
app.addService(Greeter, {
  ...greeterHandlers,
  sayHello(request, context) {
    const greet = () => greeterHandlers.sayHello(request, context);
    if (request.name === "wait") return wait().then(greet);
    if (request.name !== "@memory") return greet();
    gc?.();
    return { message: JSON.stringify(Deno.memoryUsage()) };
  },
  async *sayHelloTimes() {
    yield { message: "first" };
    await wait();
    yield { message: "last" };
  },
});

Deno.addSignalListener("SIGUSR1", release);
for (let run = 0; run < runs; run++) {
  await app.run({
    hostname: "127.0.0.1",
    port: 0,
    ...options,
    onListen: (addr) => console.log(`port ${addr.port}`),
  });
  console.log("stopped");
}
Deno.removeSignalListener("SIGUSR1", release);
if (staysAlive) setTimeout(() => {}, 60_000);
