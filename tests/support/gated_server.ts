/**
 * The greeter as a process of its own, whose calls named `wait` last until it gets SIGUSR1. It is
 * `app.run()` and nothing that is only for tests, in particular not `shield_clients.ts`.
 *
 * Arguments: options of `app.run()` as JSON; how often to run, one after the other; and `stay`, to
 * live on for a while after that. Prints `port <n>` when it listens, `waiting <n>` for each call that
 * waits, and `stopped` after each run.
 */

import { FastGRPC, type RunOptions } from "../../mod.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "../../examples/greeter.ts";

const [json = "{}", runs = "1", stay] = Deno.args;
const options: RunOptions = JSON.parse(json);

const { promise: released, resolve: release } = Promise.withResolvers<void>();
let waiting = 0;

async function wait(): Promise<void> {
  console.log(`waiting ${++waiting}`);
  await released;
}

const app = new FastGRPC();
app.addService(Greeter, {
  ...greeterHandlers,
  async sayHello(request, context) {
    if (request.name === "wait") await wait();
    return await greeterHandlers.sayHello(request, context);
  },
  async *sayHelloTimes() {
    yield { message: "first" };
    await wait();
    yield { message: "last" };
  },
});

Deno.addSignalListener("SIGUSR1", release);
for (let run = 0; run < Number(runs); run++) {
  await app.run({
    hostname: "127.0.0.1",
    port: 0,
    ...options,
    onListen: (addr) => console.log(`port ${addr.port}`),
  });
  console.log("stopped");
}
Deno.removeSignalListener("SIGUSR1", release);
if (stay === "stay") setTimeout(() => {}, 60_000);
