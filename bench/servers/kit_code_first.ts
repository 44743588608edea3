/** The kit with a service in code, as the benchmark's contestant. @module */

import { FastGRPC } from "@fastgrpc/fastgrpc";
import { z } from "zod";

const HelloRequest = z.object({ name: z.string() }).meta({ id: "SayHelloRequest" });
const TimesRequest = z.object({ name: z.string(), times: z.uint32(), intervalMs: z.uint32() });
const HelloReply = z.object({ message: z.string() }).meta({ id: "SayHelloResponse" });
const HELLO = { request: HelloRequest, response: HelloReply };

const app = new FastGRPC({ name: "greeter.v1.Greeter" });
app.unaryUnary("SayHello", HELLO, ({ name }) => greet(name));
app.unaryStream(
  "SayHelloTimes",
  { request: TimesRequest, response: HelloReply },
  async function* ({ name, times }) {
    for (let sent = 0; sent < times; sent++) yield greet(name);
  },
);
app.streamStream("Chat", HELLO, async function* (requests) {
  for await (const { name } of requests) yield greet(name);
});
const server = await app.serve({ port: 0, hostname: "127.0.0.1" });
console.log(server.addr.port);

function greet(name: string): { message: string } {
  return { message: `Hello ${name || "World"}` };
}
