/**
 * Timeouts in three layers, method over service over app; the client may ask for less.
 *
 * @module
 */

import { FastGRPC } from "@fastgrpc/fastgrpc";
import { Greeter } from "../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "./greeter.ts";

const app = new FastGRPC({ timeout: "30s" });

app.addService(Greeter, {
  ...greeterHandlers,
  sayHello(request, context) {
    return { message: `Hello ${request.name}, ${context.timeRemaining()} s are left` };
  },
  async *sayHelloTimes(request, context) {
    while (context.timeRemaining() > 1) {
      yield { message: `Hello ${request.name}` };
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  },
}, {
  timeout: "10s",
  methods: { sayHello: { timeout: "5s" }, chat: { timeout: Infinity } },
});

await app.run({ port: Number(Deno.args[0] ?? 50051) });
