import { assert, assertEquals, assertLess } from "@std/assert";
import { z } from "zod";
import { FastGRPC, Service } from "../../mod.ts";
import { envelope } from "../support/envelopes.ts";
import { connectHttp2 } from "../support/http2_client.ts";
import { bytesOf } from "../support/http2_frames.ts";
import { readStatus } from "../support/wire_formats.ts";

const Request = z.object({ long: z.int64() });
const service = new Service("demo.v1.Long")
  .unaryUnary("One", { request: Request, response: z.void() }, () => {})
  .unaryStream("Many", { request: Request, response: z.void() }, async function* () {});

const CALLS: readonly (readonly [string, string])[] = [
  ["One", "application/json"],
  ["One", "application/grpc+json"],
  ["One", "application/GRPC+json"],
  ["One", "application/grpc-web+json"],
  ["Many", "application/connect+json"],
  ["Many", "application/grpc-web+json"],
];

for (const [method, type] of CALLS) {
  Deno.test(`what a decoder says is cut off: ${method} as ${type}`, async () => {
    const server = await new FastGRPC().addService(service)
      .serve({ port: 0, hostname: "127.0.0.1" });
    await using _ = { [Symbol.asyncDispose]: () => server.shutdown() };
    using client = connectHttp2(`http://127.0.0.1:${server.addr.port}`);
    const body = bytesOf(JSON.stringify({ long: "x".repeat(100_000) }));
    const response = await client.request(
      `/demo.v1.Long/${method}`,
      { "content-type": type },
      type === "application/json" ? body : envelope(body),
    );
    const { code, message } = readStatus(response);
    assertEquals(code, "invalid_argument");
    assert(message.startsWith("cannot decode field demo.v1."), message.slice(0, 200));
    assertLess(message.length, 4200);
    assert(message.endsWith(" characters)"), message.slice(-100));
  });
}
