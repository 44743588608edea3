/**
 * A service that is generated from a `.proto` file, as `pb2_service.py` of FastGRPC for Python. What
 * `deno task gen` made of it has the types of the handlers.
 *
 * @module
 */

import { FastGRPC } from "@fastgrpc/fastgrpc";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "../greeter.ts";

const app = new FastGRPC();
app.addService(Greeter, {
  ...greeterHandlers,
  sayHello: ({ name }) => ({ message: `Hello ${name}, from a generated service` }),
});

await app.run({ port: Number(Deno.args[0] ?? 50051), reflection: true });
