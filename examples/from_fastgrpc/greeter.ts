/**
 * A greeter, as `greeter.py` of FastGRPC for Python: schemas and a function. A client of that one can
 * call this one, for the package, the names and the numbers are the same.
 *
 * @module
 */

import { FastGRPC } from "@fastgrpc/fastgrpc";
import { z } from "zod";

const HelloRequest = z.object({ name: z.string() }).meta({ id: "HelloRequest" });
const HelloReply = z.object({ message: z.string() }).meta({ id: "HelloReply" });

const app = new FastGRPC({ name: "greeter.Greeter", proto: new URL("./proto/", import.meta.url) });

app.unaryUnary("SayHello", { request: HelloRequest, response: HelloReply }, ({ name }) => ({
  message: `Hello ${name}`,
}));

await app.run({ port: Number(Deno.args[0] ?? 50051), reflection: true });
