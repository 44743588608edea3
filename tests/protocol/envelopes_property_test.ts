import { gzipSync } from "node:zlib";
import { Agent, request } from "node:https";
import { buffer } from "node:stream/consumers";
import { fromBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { assert, assertEquals } from "@std/assert";
import { SayHelloResponseSchema } from "../../gen/greeter/v1/greeter_pb.ts";
import { envelope, openEnvelopes, sayHelloRequest } from "../support/envelopes.ts";
import { FrameClient } from "../support/frame_client.ts";
import { serveGreeter } from "../support/greeter.ts";
import { requestHttp1 } from "../support/http1_client.ts";
import { connectHttp2 } from "../support/http2_client.ts";
import { concat, data, grpcFields, headers } from "../support/http2_frames.ts";
import { createPemSet } from "../support/pem_files.ts";
import { BYTES, checkAsyncProperty, cut, PLACES } from "../support/properties.ts";
import { bodyOf, CONTENT_TYPES, FORMATS, readStatus } from "../support/wire_formats.ts";

const PATH = "/greeter.v1.Greeter/";
const STREAMS = ["grpc", "grpc-web", "connect stream"] as const;
const COMPRESSED = 0x01;

/** A message: who is greeted, and whether it is compressed. */
const MESSAGE = fc.record({
  name: fc.string({ unit: "binary", minLength: 1, maxLength: 300 }),
  isCompressed: fc.boolean(),
});
const MESSAGES = fc.array(MESSAGE, { minLength: 1, maxLength: 6 });
/** Each packet but the first waits until the one before is acknowledged (RFC 896). */
const FEW_PLACES = fc.array(fc.nat(), { maxLength: 3 });
type Message = { name: string; isCompressed: boolean };

function toEnvelopes(messages: readonly Message[]): Uint8Array {
  return concat(...messages.map(({ name, isCompressed }) => {
    const bytes = sayHelloRequest(name);
    return isCompressed ? envelope(gzipSync(bytes), { flags: COMPRESSED }) : envelope(bytes);
  }));
}

function fieldsOf(format: typeof STREAMS[number]): Record<string, string> {
  const encoding = format === "connect stream" ? "connect-content-encoding" : "grpc-encoding";
  return { "content-type": CONTENT_TYPES[format], [encoding]: "gzip" };
}

function greetingOf(bytes: Uint8Array): string {
  return fromBinary(SayHelloResponseSchema, bytes).message;
}

for (const format of STREAMS) {
  Deno.test(`${format}: messages arrive the same, whatever DATA frames and packets they are in`, async () => {
    await using greeter = await serveGreeter();
    const received: Uint8Array[] = [];
    await using client = await FrameClient.connect({
      port: greeter.port,
      onData: (piece) => void received.push(piece),
    });
    const fields = grpcFields(`${PATH}Chat`, fieldsOf(format));
    await checkAsyncProperty(
      fc.asyncProperty(MESSAGES, PLACES, FEW_PLACES, async (messages, frameEnds, packetEnds) => {
        received.length = 0;
        const streamId = client.openStreamId();
        const pieces = cut(toEnvelopes(messages), frameEnds);
        const frames = concat(
          headers(streamId, fields),
          ...pieces.map((piece, i) => data(streamId, piece, i === pieces.length - 1)),
        );
        for (const packet of cut(frames, packetEnds)) await client.send(packet);
        const { status, ended } = await client.response(streamId);
        assertEquals({ status, ended }, { status: 200, ended: true });
        const greetings = openEnvelopes(concat(...received)).filter(({ flags }) => flags === 0);
        assertEquals(
          greetings.map((greeting) => greetingOf(greeting.data)),
          messages.map(({ name }) => `Hello ${name}`),
        );
      }),
      40,
    );
  });
}

Deno.test("connect stream: messages arrive the same, whatever chunks of HTTP/1.1 they are in", async () => {
  await using pem = await createPemSet();
  await using greeter = await serveGreeter({ serve: pem.tls });
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: pem.ca.certificate });
  const send = (pieces: readonly Uint8Array[]) =>
    new Promise<Uint8Array>((resolve, reject) => {
      const sent = request(`${greeter.baseUrl}${PATH}SayHelloToAll`, {
        method: "POST",
        agent,
        headers: { ...fieldsOf("connect stream"), "transfer-encoding": "chunked" },
      });
      sent.on("error", reject);
      sent.on("response", (response) => buffer(response).then(resolve, reject));
      for (const piece of pieces) if (piece.length > 0) sent.write(piece);
      sent.end();
    });
  await checkAsyncProperty(
    fc.asyncProperty(MESSAGES, PLACES, async (messages, ends) => {
      const [greeting] = openEnvelopes(await send(cut(toEnvelopes(messages), ends)));
      const names = messages.map(({ name }) => name).join(", ");
      assertEquals(greetingOf(greeting!.data), `Hello ${names}`);
    }),
    50,
  );
  agent.destroy();
});

/** How bytes are spoilt: each takes a place and a byte. */
const SPOIL: Record<string, (bytes: Uint8Array, at: number, byte: number) => Uint8Array> = {
  change: (bytes, at, byte) => bytes.with(at % Math.max(1, bytes.length), byte),
  insert: (bytes, at, byte) =>
    concat(bytes.subarray(0, at), Uint8Array.of(byte), bytes.subarray(at)),
  remove: (bytes, at) => concat(bytes.subarray(0, at), bytes.subarray(at + 1)),
  truncate: (bytes, at) => bytes.subarray(0, at),
};
const STEP = fc.tuple(fc.constantFrom(...Object.keys(SPOIL)), fc.nat(), fc.nat(255));
const STEPS = fc.array(STEP, { minLength: 1, maxLength: 4 });

/** Bodies that were good once, or never. */
const BAD_BODY = fc.oneof(
  BYTES,
  fc.tuple(MESSAGES, STEPS).map(([messages, steps]) =>
    steps.reduce<Uint8Array>(
      (bytes, [how, at, byte]) =>
        bytes.length === 0 ? bytes : SPOIL[how]!(bytes, at % bytes.length, byte),
      toEnvelopes(messages),
    )
  ),
);
const FORMAT = fc.constantFrom(...FORMATS);
const METHOD = fc.constantFrom("SayHello", "SayHelloTimes", "SayHelloToAll", "Chat");
const CODEC = fc.constantFrom("", "json");

function contentTypeOf(format: typeof FORMATS[number], codec: string): string {
  const type = CONTENT_TYPES[format];
  if (codec === "") return type;
  return type.endsWith("proto") ? type.replace(/proto$/, codec) : `${type}+${codec}`;
}

Deno.test("app.serve() answers JSON that begins with an emoji with INVALID_ARGUMENT", async () => {
  await using greeter = await serveGreeter();
  using client = connectHttp2(greeter.baseUrl);
  // The parser's message has its first half alone.
  const body = new TextEncoder().encode("🔑🔑");
  for (const format of FORMATS) {
    const response = await client.request(
      `${PATH}${format === "connect stream" ? "SayHelloToAll" : "SayHello"}`,
      { "content-type": contentTypeOf(format, "json") },
      bodyOf(format, body),
    );
    assertEquals(readStatus(response).code, "invalid_argument", format);
  }
});

Deno.test("app.serve() answers any body with a status, and serves others", async () => {
  // A server stream with a spoilt count of greetings would go on for hours.
  const sayHelloTimes = async function* () {
    yield { message: "Hello" };
  };
  await using pem = await createPemSet();
  await using greeter = await serveGreeter({ handlers: { sayHelloTimes }, serve: pem.tls });
  using client = connectHttp2(greeter.baseUrl, { ca: pem.ca.certificate });
  using neighbour = connectHttp2(greeter.baseUrl, { ca: pem.ca.certificate });
  const good = bodyOf("grpc", sayHelloRequest("good"));
  await checkAsyncProperty(
    fc.asyncProperty(
      FORMAT,
      METHOD,
      CODEC,
      fc.boolean(),
      BAD_BODY,
      async (format, method, codec, isHttp1, body) => {
        const fields = {
          ...(format === "connect unary" ? {} : fieldsOf(format)),
          "content-type": contentTypeOf(format, codec),
        };
        // gRPC is spoken over HTTP/2 alone.
        const response = isHttp1 && format !== "grpc"
          ? await requestHttp1(greeter.port, {
            ca: pem.ca.certificate,
            path: PATH + method,
            headers: fields,
            body,
          })
          : await client.request(PATH + method, fields, body);
        assertEquals(response.rstCode, 0);
        // 415 for a Connect method that is called as one of another kind.
        if (Number(response.headers[":status"]) !== 415) readStatus(response);
        const answer = await neighbour.request(
          `${PATH}SayHello`,
          { "content-type": "application/grpc" },
          good,
        );
        assertEquals(readStatus(answer).code, "ok");
      },
    ),
    150,
  );
  assert(!client.session.destroyed);
});
