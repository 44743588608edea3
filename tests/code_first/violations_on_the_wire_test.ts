import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { Buffer } from "node:buffer";
import { create, toBinary } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { z } from "zod";
import { FastGRPC, Service } from "../../mod.ts";
import { createClient } from "../../src/client.ts";
import { type BadRequest, BadRequestSchema } from "@fastgrpc/fastgrpc/errors";
import { compilePackages } from "../../src/code_first/code_package.ts";
import { envelope } from "../support/envelopes.ts";
import { connectHttp2 } from "../support/http2_client.ts";
import { PROTOCOLS } from "../support/connect_node.ts";

/** What many clients and proxies take for all fields of a header together. */
const HEADER_BYTES = 8192;

const wrong = z.string().refine(() => false, { error: "世".repeat(1000) });

const flood = new Service("demo.v1.Flood")
  .unaryUnary(
    "Say",
    {
      request: z.object({
        list: z.array(z.string().min(1)),
        map: z.record(z.string(), wrong),
        a: z.array(z.string().refine(() => false, { error: "." })),
      }),
      response: z.void(),
    },
    () => {},
  );

/** Requests that are wrong in many places, in texts of one byte and of three. */
const FLOODS: Readonly<
  Record<string, { list?: string[]; map?: Record<string, string>; a?: string[] }>
> = {
  "many that are short": { a: Array<string>(4900).fill("") },
  "many of one kind": { list: Array<string>(4900).fill("") },
  "keys that are long": { map: mapOf((i) => `${i}`.padEnd(1000, "x")) },
  "keys that are long in other scripts": { map: mapOf((i) => `${i}`.padEnd(1000, "界")) },
  "keys that are quoted": { map: mapOf((i) => `${i}`.padEnd(1000, '"\\n\\u0000')) },
  "keys that are emojis": { map: mapOf((i) => `${i}`.padEnd(1000, "🦕")) },
};

function mapOf(key: (i: number) => string): Record<string, string> {
  return Object.fromEntries(Array.from({ length: 50 }, (_, i) => [key(i), ""]));
}

const { desc } = compilePackages([flood], { validateReplies: true })[0]!.services[0]!;
const { input } = desc.method.say!;

async function serve() {
  const server = await new FastGRPC().addService(flood).serve({ port: 0, hostname: "127.0.0.1" });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

for (const [what, parts] of Object.entries(FLOODS)) {
  const request = { list: [], map: {}, a: [], ...parts };

  Deno.test(`violations fit into a header of gRPC: ${what}`, async () => {
    await using server = await serve();
    for (const type of ["application/grpc", "application/GRPC"]) {
      using client = connectHttp2(server.url);
      const body = envelope(toBinary(input, create(input, request as never)));
      const { headers, trailers } = await client.request(
        "/demo.v1.Flood/Say",
        { "content-type": type },
        body,
      );
      const fields = { ...headers, ...trailers };
      assertEquals(fields["grpc-status"], "3");
      const bytes = Object.entries(fields).reduce(
        (sum, [name, value]) => sum + name.length + Buffer.byteLength(String(value)) + 32,
        0,
      );
      assertLess(bytes, HEADER_BYTES);
      assertGreater(bytes, 500);
    }
  });

  Deno.test(`violations are the same in each protocol: ${what}`, async () => {
    await using server = await serve();
    const found: BadRequest[] = [];
    for (const protocol of PROTOCOLS) {
      await using client = createClient(flood, server.url, { protocol });
      const error = await client.say(request).then(() => undefined, ConnectError.from);
      found.push(...error!.findDetails(BadRequestSchema));
    }
    assertEquals(found.length, PROTOCOLS.length);
    assert(found[0]!.fieldViolations.length > 3, "there are few of them");
    for (const { fieldViolations } of found) {
      assertEquals(fieldViolations, found[0]!.fieldViolations);
    }
  });
}
