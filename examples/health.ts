/**
 * Health checks by `grpc.health.v1`, with a status that follows a resource of the service.
 *
 * @module
 */

import { FastGRPC } from "@fastgrpc/fastgrpc";
import { Greeter } from "../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "./greeter.ts";

const app = new FastGRPC();
app.addService(Greeter, greeterHandlers);

app.health.set(Greeter.typeName, "NOT_SERVING");
connectToDatabase().then(() => app.health.set(Greeter.typeName, "SERVING"));

await app.run({ port: Number(Deno.args[0] ?? 50051), healthCheck: true });

/** Stands for whatever the service needs before it can answer. */
function connectToDatabase(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 500));
}
