/**
 * One of two processes that Deno exports spans of, under `OTEL_DENO=true`. With a port it calls the
 * greeter there, below a span of its own named `caller`; with none it serves it: each greeting makes a
 * span named `work`, and one of `Nobody` fails.
 *
 * @module
 */

import { trace } from "@opentelemetry/api";
import { FastGRPC } from "../../mod.ts";
import { createClient } from "../../src/client.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "../../examples/greeter.ts";

const tracer = trace.getTracer("application");
const [port, ...names] = Deno.args;

if (port === undefined) await serve();
else {await tracer.startActiveSpan("caller", async (span) => {
    await using client = createClient(Greeter, `http://127.0.0.1:${port}`);
    for (const name of names) await client.sayHello({ name }).catch(() => {});
    span.end();
  });}

async function serve(): Promise<void> {
  const app = new FastGRPC();
  app.addService(Greeter, {
    ...greeterHandlers,
    async sayHello(request, context) {
      await null;
      tracer.startSpan("work").end();
      if (request.name === "Nobody") throw new RangeError("there is nobody");
      return await greeterHandlers.sayHello(request, context);
    },
  });
  await app.run({ port: 0, hostname: "127.0.0.1", telemetry: true, gracefulTimeout: "5s" });
}
