/**
 * The kit with workers, and a handler that takes a while: as many turns of a loop as its first argument
 * says. The second is how many workers there are, the third the engine. @module
 */

import { FastGRPC } from "@fastgrpc/fastgrpc";
import { configureSync } from "@logtape/logtape";
import { greeterHandlers } from "../../examples/greeter.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { work } from "../work.ts";

// A line of log a call would be a measurement of the console.
configureSync({
  sinks: {},
  loggers: [{ category: ["logtape", "meta"], lowestLevel: "warning", sinks: [] }],
});
const [turns, workers, engine] = Deno.args;
const app = new FastGRPC();
app.addService(Greeter, {
  ...greeterHandlers,
  sayHello(request, context) {
    work(Number(turns));
    return greeterHandlers.sayHello(request, context);
  },
});
await app.run({
  port: 0,
  hostname: "127.0.0.1",
  workers: Number(workers),
  engine: engine as "node",
  onListen: ({ port }) => console.log(`port ${port}`),
});
