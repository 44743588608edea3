/**
 * The greeter as a process of its own, which a test may lose: `app.run()` and nothing that is only
 * for tests, in particular not `shield_clients.ts`. Prints its port in a line when it listens.
 *
 * The only argument is JSON: options of `app.run()`. The name `@memory` is answered with what
 * `Deno.memoryUsage()` says after a collection of garbage, and the number of calls that are served.
 */

import { FastGRPC, type RunOptions } from "../../mod.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "../../examples/greeter.ts";

const { gc } = globalThis as { gc?: () => void };

const options: RunOptions = JSON.parse(Deno.args[0] ?? "{}");
let calls = 0;

const app = new FastGRPC();
app.addService(Greeter, {
  ...greeterHandlers,
  sayHello(request, context) {
    calls++;
    if (request.name !== "@memory") return greeterHandlers.sayHello(request, context);
    gc?.();
    return { message: JSON.stringify({ ...Deno.memoryUsage(), calls }) };
  },
});
await app.run({
  hostname: "127.0.0.1",
  port: 0,
  gracefulTimeout: "5s",
  ...options,
  onListen: (addr) => console.log(`port ${addr.port}`),
});
