/**
 * Calls the four methods of `stream_method.ts`, as `stream_method_client.py` of FastGRPC for Python.
 * Nothing is generated: the client's types are those of the service.
 *
 * @module
 */

import { createClient } from "@fastgrpc/fastgrpc/client";
import { greetings } from "./stream_method.ts";

const url = Deno.args[0] ?? "http://127.0.0.1:50051";
await using client = createClient(greetings, url, { timeout: "5s" });

const one = await client.unaryUnary({ name: "Ada" });
console.log("unaryUnary:", one.message);

const all = await client.streamUnary(names());
console.log("streamUnary:", all.message);

for await (const { message } of client.unaryStream({ name: "Ada" })) {
  console.log("unaryStream:", message);
}

for await (const { message } of client.streamStream(names())) {
  console.log("streamStream:", message);
}

async function* names() {
  for (const name of ["Ada", "Grace", "Barbara"]) yield { name };
}
