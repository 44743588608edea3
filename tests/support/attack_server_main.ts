/**
 * The process that `attack.ts` starts, with default options but for those in its only argument. The
 * greeter's methods do what attackers like:
 *
 * - `SayHello` greets; the name `@stubborn` makes it last for ever and mind no signal, `@count` tells
 *   how many handlers were begun, how many of those are stubborn ones that still run, and how many
 *   calls and connections the server has. `@memory` tells the memory, after a collection of garbage.
 * - `SayHelloTimes` sends as many messages of 64 KiB as it is asked for.
 * - `SayHelloToAll` and `Chat` are the example's.
 *
 * `nesting.v1.Nesting` takes what can be nested: a message within itself, and JSON's values. It prints
 * `pid <n>` and `port <n>`.
 *
 * @module
 */

import { FastGRPC, type ServeOptions } from "../../mod.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "../../examples/greeter.ts";
import { Nesting } from "./nesting_service.ts";
import { never } from "./stalling.ts";

const LARGE = "a".repeat(65_536);

const { gc } = globalThis as { gc?: () => void };
const options: ServeOptions = JSON.parse(Deno.args[0] ?? "{}");
let begun = 0;
let stubborn = 0;

const app = new FastGRPC();
app.addService(Greeter, {
  ...greeterHandlers,
  sayHello(request, context) {
    begun++;
    switch (request.name) {
      case "@stubborn":
        stubborn++;
        return never();
      case "@count":
        return { message: JSON.stringify(count()) };
      case "@memory":
        gc?.();
        return { message: JSON.stringify(Deno.memoryUsage()) };
      default:
        return greeterHandlers.sayHello(request, context);
    }
  },
  async *sayHelloTimes({ times }) {
    begun++;
    for (let sent = 0; sent < times; sent++) yield { message: LARGE };
  },
});
// Its type is made at run time, so that the compiler knows no method of it.
app.addService(Nesting, { echo: returnIt, echoValue: returnIt } as never);

const server = await app.serve({ hostname: "127.0.0.1", port: 0, ...options });
console.log(`pid ${Deno.pid}\nport ${server.addr.port}`);

function returnIt(message: unknown): unknown {
  return message;
}

function count(): Record<string, number> {
  return { begun, stubborn, calls: server.callCount, connections: server.connectionCount };
}
