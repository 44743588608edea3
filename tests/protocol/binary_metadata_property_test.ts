import { Buffer } from "node:buffer";
import { Code, decodeBinaryHeader, encodeBinaryHeader } from "@connectrpc/connect";
import { Metadata } from "@grpc/grpc-js";
import fc from "fast-check";
import { assert, assertEquals } from "@std/assert";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { connectGreeter, PROTOCOLS } from "../support/connect_node.ts";
import { sayHelloRequest } from "../support/envelopes.ts";
import { type RunningGreeter, serveGreeter } from "../support/greeter.ts";
import { connectGrpcJs } from "../support/grpc_js.ts";
import { connectHttp2 } from "../support/http2_client.ts";
import { BYTES, checkAsyncProperty, FIELD_VALUE } from "../support/properties.ts";
import { bodyOf, CONTENT_TYPES, FORMATS, readStatus } from "../support/wire_formats.ts";

/** Several values of a field are a list, in which empty ones do not count (RFC 9110, 5.6.1.2). */
const SEVERAL = fc.array(BYTES.filter(({ length }) => length > 0), { minLength: 1, maxLength: 4 });
const VALUES = fc.oneof(BYTES.map((bytes) => [bytes]), SEVERAL);

/** What the field has, as a handler reads it that knows of several values. */
function decodeAll(field: string): Uint8Array[] {
  return field.split(",").map((value) => decodeBinaryHeader(value.trim()));
}

/** A greeter that decodes what it is sent, and sends it back in its header and its trailers. */
async function serveEcho(): Promise<RunningGreeter & { received: () => Uint8Array[] }> {
  let received: Uint8Array[] = [];
  const greeter = await serveGreeter({
    handlers: {
      sayHello(_, { metadata, responseHeaders, responseTrailers }) {
        received = decodeAll(metadata.get("x-in-bin")!);
        for (const bytes of received) {
          responseHeaders.append("x-out-bin", encodeBinaryHeader(bytes));
          responseTrailers.append("x-last-bin", encodeBinaryHeader(bytes));
        }
        return {};
      },
    },
  });
  return { ...greeter, received: () => received };
}

function hexOf(values: readonly (Uint8Array | string)[]): string[] {
  return values.map((value) => Buffer.from(value as Uint8Array).toString("hex"));
}

Deno.test("binary metadata arrives the same, both ways, with grpc-js", async () => {
  await using greeter = await serveEcho();
  using client = connectGrpcJs(greeter.port);
  await checkAsyncProperty(fc.asyncProperty(VALUES, async (values) => {
    const metadata = new Metadata();
    for (const value of values) metadata.add("x-in-bin", Buffer.from(value));
    const { header, status } = await client.call(Greeter.method.sayHello, [{}], { metadata });
    assertEquals(status.code, 0);
    assertEquals(hexOf(greeter.received()), hexOf(values));
    assertEquals(hexOf(header!.get("x-out-bin")), hexOf(values));
    assertEquals(hexOf(status.metadata.get("x-last-bin")), hexOf(values));
  }));
});

for (const protocol of PROTOCOLS) {
  Deno.test(`binary metadata arrives the same, both ways, with connect-node (${protocol})`, async () => {
    await using greeter = await serveEcho();
    using client = connectGreeter(greeter.baseUrl, { protocol });
    await checkAsyncProperty(fc.asyncProperty(VALUES, async (values) => {
      const headers = new Headers();
      for (const value of values) headers.append("x-in-bin", encodeBinaryHeader(value));
      let header = new Headers();
      let trailer = new Headers();
      await client.sayHello({}, {
        headers,
        onHeader: (fields) => void (header = fields),
        onTrailer: (fields) => void (trailer = fields),
      });
      assertEquals(hexOf(greeter.received()), hexOf(values));
      assertEquals(hexOf(decodeAll(header.get("x-out-bin")!)), hexOf(values));
      assertEquals(hexOf(decodeAll(trailer.get("x-last-bin")!)), hexOf(values));
    }));
  });
}

Deno.test("binary metadata is taken with padding and without, in one field and in several", async () => {
  await using greeter = await serveEcho();
  using client = connectHttp2(greeter.baseUrl);
  await checkAsyncProperty(
    fc.asyncProperty(
      fc.constantFrom(...FORMATS.filter((format) => format !== "connect stream")),
      VALUES,
      fc.constantFrom(",", ", ", undefined),
      fc.integer(),
      async (format, sent, comma, padded) => {
        const values = sent.map((bytes, i) =>
          bytes.toBase64({ omitPadding: (padded >> i) % 2 === 0 })
        );
        const field = comma === undefined ? values : values.join(comma);
        const response = await client.request(
          "/greeter.v1.Greeter/SayHello",
          { "content-type": CONTENT_TYPES[format], "x-in-bin": field as string },
          bodyOf(format, sayHelloRequest("a")),
        );
        assertEquals(readStatus(response).code, "ok");
        assertEquals(hexOf(greeter.received()), hexOf(sent));
      },
    ),
  );
});

Deno.test("binary metadata that is no base64 is a handler's DATA_LOSS, and nobody else's concern", async () => {
  await using greeter = await serveEcho();
  using client = connectHttp2(greeter.baseUrl);
  await checkAsyncProperty(fc.asyncProperty(FIELD_VALUE, async (text) => {
    const response = await client.request(
      "/greeter.v1.Greeter/SayHello",
      { "content-type": "application/grpc", "x-in-bin": text },
      bodyOf("grpc", sayHelloRequest("a")),
    );
    const { code } = readStatus(response);
    assert(code === "ok" || code === "data_loss", `${code}, not ${Code.DataLoss}`);
  }));
});
