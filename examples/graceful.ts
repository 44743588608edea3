/**
 * Graceful shutdown: on SIGTERM or Ctrl+C, calls in flight have 30 seconds to finish.
 *
 * @module
 */

import { FastGRPC } from "@fastgrpc/fastgrpc";
import { Greeter } from "../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "./greeter.ts";

const app = new FastGRPC();
app.addService(Greeter, greeterHandlers);

await app.run({ port: Number(Deno.args[0] ?? 50051), gracefulTimeout: "30s" });
