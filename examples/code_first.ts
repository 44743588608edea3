/**
 * A service in code: schemas and functions, without a `.proto` file and generated code. Its `.proto`
 * and the lock of its numbers are in `proto/demo/v1/`, where `deno task proto` writes them.
 *
 * @module
 */

import { FastGRPC } from "@fastgrpc/fastgrpc";
import { z } from "zod";

const HelloRequest = z.object({
  name: z.string().min(1).describe("whom to greet"),
  times: z.int32().min(1).max(10).default(1),
});
const HelloReply = z.object({ message: z.string() });

/** The app, for tests and for `deno task proto`. */
export const app: FastGRPC = new FastGRPC({
  name: "demo.v1.Greeter",
  timeout: 30,
  proto: new URL("../proto/", import.meta.url),
});

app.unaryUnary(
  "SayHello",
  { request: HelloRequest, response: HelloReply, timeout: 5, description: "Greets." },
  ({ name, times }) => ({ message: Array(times).fill(`Hello ${name}`).join(", ") }),
);

if (import.meta.main) await app.run({ reflection: true });
