/**
 * The four kinds of method, as `stream_method.py` of FastGRPC for Python. The service is declared in
 * one chain, so that its clients are typed: `stream_method_client.ts` is one.
 *
 * @module
 */

import { FastGRPC, Service } from "@fastgrpc/fastgrpc";
import { z } from "zod";

const HelloRequest = z.object({ name: z.string() }).meta({ id: "HelloRequest" });
const HelloReply = z.object({ message: z.string() }).meta({ id: "HelloReply" });
const hello = { request: HelloRequest, response: HelloReply };

/** The service, for its clients as well. */
export const greetings = new Service("fast_grpc.FastGRPC", {
  proto: new URL("./proto/", import.meta.url),
})
  .unaryUnary("UnaryUnary", hello, ({ name }) => ({ message: `Hello ${name}` }))
  .streamUnary("StreamUnary", hello, async (requests) => {
    const names = await Array.fromAsync(requests, ({ name }) => name);
    return { message: `Hello ${names.join(" and ")}` };
  })
  .unaryStream("UnaryStream", hello, async function* ({ name }) {
    for (let count = 1; count <= 3; count++) yield { message: `Hello ${name}, ${count} of 3` };
  })
  .streamStream("StreamStream", hello, async function* (requests) {
    for await (const { name } of requests) yield { message: `Hello ${name}` };
  });

const app = new FastGRPC().addService(greetings);

if (import.meta.main) await app.run({ port: Number(Deno.args[0] ?? 50051), reflection: true });
