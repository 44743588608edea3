import { assert, assertEquals } from "@std/assert";
import { connectGreeter } from "../support/connect_node.ts";
import { envelope, sayHelloRequest } from "../support/envelopes.ts";
import { IS_DIRECT } from "../support/engine.ts";
import { FrameClient } from "../support/frame_client.ts";
import { type RunningGreeter, serveGreeter } from "../support/greeter.ts";
import {
  concat,
  data,
  FLAG,
  FRAME,
  frame,
  GARBAGE,
  grpcFields,
  headerBlock,
  type HeaderFields,
  headers,
  PREFACE,
  settings,
  windowUpdate,
} from "../support/http2_frames.ts";
import { eventually } from "../support/waiting.ts";

const FIELDS = grpcFields("/greeter.v1.Greeter/SayHello");
const BODY = envelope(sayHelloRequest("raw"));
const H2_PROTOCOL_ERROR = 1;
const H2_FLOW_CONTROL_ERROR = 3;
const H2_STREAM_CLOSED = 5;
const H2_FRAME_SIZE_ERROR = 6;
const H2_COMPRESSION_ERROR = 9;
const H2_ENHANCE_YOUR_CALM = 11;

/** What a connection begins with instead of what it should. */
const OPENINGS: Readonly<Record<string, Uint8Array>> = {
  "garbage": GARBAGE,
  "garbage after the preface": concat(PREFACE, GARBAGE),
  "HEADERS before SETTINGS": concat(PREFACE, headers(1, FIELDS)),
};

Deno.test("app.serve() closes a connection that does not begin as HTTP/2", async (test) => {
  await using greeter = await serveGreeter();
  await using neighbour = await watchNeighbour(greeter);
  for (const [name, opening] of Object.entries(OPENINGS)) {
    await test.step(name, async () => {
      await using client = await FrameClient.connect({ port: greeter.port, opening });
      await client.closed;
      await neighbour.assertServed();
    });
  }
});

/**
 * What breaks the rules of HTTP/2, and the error code that says so. `node:http2` ends the connection for
 * each of them. What is an error of a stream (RFC 9113, section 5.4.2) the kit's engine ends the stream
 * for, and may give it another code.
 */
const VIOLATIONS: Readonly<
  Record<
    string,
    readonly [
      code: number,
      bytes: Uint8Array,
      {
        direct?: number;
        stream?: true;
      }?,
    ]
  >
> = {
  "garbage": [H2_FRAME_SIZE_ERROR, GARBAGE],
  "a frame above the limit": [H2_FRAME_SIZE_ERROR, frame(FRAME.data, 0, 1, new Uint8Array(20_000))],
  "a length of 16 MiB": [H2_FRAME_SIZE_ERROR, frame(FRAME.data, 0, 1, BODY, 0xff_ffff)],
  "SETTINGS of 5 bytes": [H2_FRAME_SIZE_ERROR, frame(FRAME.settings, 0, 0, new Uint8Array(5))],
  "RST_STREAM of 3 bytes": [H2_FRAME_SIZE_ERROR, afterHeaders(FRAME.rstStream, new Uint8Array(3))],
  "WINDOW_UPDATE of 3 bytes": [
    H2_FRAME_SIZE_ERROR,
    afterHeaders(FRAME.windowUpdate, new Uint8Array(3)),
  ],
  "WINDOW_UPDATE of 0": [
    H2_PROTOCOL_ERROR,
    concat(headers(1, FIELDS), windowUpdate(1, 0)),
    { stream: true },
  ],
  "a window above 2 GiB": [H2_FLOW_CONTROL_ERROR, windowUpdate(0, 0x7fff_ffff)],
  "DATA on an idle stream": [H2_PROTOCOL_ERROR, data(1, BODY)],
  "DATA on stream 0": [H2_PROTOCOL_ERROR, data(0, BODY)],
  "HEADERS on an even stream": [H2_PROTOCOL_ERROR, headers(2, FIELDS)],
  "garbage as HPACK": [
    H2_PROTOCOL_ERROR,
    headerBlock(1, GARBAGE),
    { direct: H2_COMPRESSION_ERROR },
  ],
  "DATA amid a header": [
    H2_PROTOCOL_ERROR,
    concat(frame(FRAME.headers, 0, 1, new Uint8Array(3)), data(1, BODY)),
  ],
  "a stray CONTINUATION": [
    H2_PROTOCOL_ERROR,
    frame(FRAME.continuation, FLAG.endHeaders, 1, new Uint8Array(3)),
  ],
  "DATA after END_STREAM": [
    H2_STREAM_CLOSED,
    concat(headers(1, FIELDS), data(1, BODY, true), data(1, BODY)),
    { stream: true },
  ],
  "HEADERS after END_STREAM": [
    H2_STREAM_CLOSED,
    concat(headers(1, FIELDS), data(1, BODY, true), headers(1, FIELDS, true)),
    { stream: true },
  ],
  "a header of 1 MiB": [
    H2_COMPRESSION_ERROR,
    headers(1, [...FIELDS, ["x-big", "a".repeat(2 ** 20)]], true),
    { direct: H2_ENHANCE_YOUR_CALM },
  ],
  "no :authority and no host": [
    H2_PROTOCOL_ERROR,
    request({ ":authority": undefined }),
    { stream: true },
  ],
  "no :path": [H2_PROTOCOL_ERROR, request({ ":path": undefined }), { stream: true }],
  "a name in capitals": [H2_PROTOCOL_ERROR, request({ "X-Capitals": "a" }), { stream: true }],
  "an unknown pseudo-field": [H2_PROTOCOL_ERROR, request({ ":odd": "a" }), { stream: true }],
  "a field of HTTP/1.1's connection": [
    H2_PROTOCOL_ERROR,
    request({ "connection": "close" }),
    { stream: true },
  ],
  "te with something else": [H2_PROTOCOL_ERROR, request({ "te": "gzip" }), { stream: true }],
  "a content-length that is too short": [
    H2_PROTOCOL_ERROR,
    request({ "content-length": "3" }),
    { stream: true },
  ],
  "a content-length that is too long": [
    H2_PROTOCOL_ERROR,
    request({ "content-length": "300" }),
    { stream: true },
  ],
};

Deno.test("app.serve() ends what is no HTTP/2 with the error that it is", async (test) => {
  await using greeter = await serveGreeter();
  await using neighbour = await watchNeighbour(greeter);
  for (
    const [name, [code, bytes, { direct = code, stream = false } = {}]] of Object.entries(
      VIOLATIONS,
    )
  ) {
    await test.step(name, async () => {
      await using client = await FrameClient.connect({ port: greeter.port });
      const streamId = client.openStreamId();
      client.send(bytes);
      if (IS_DIRECT && stream) {
        assertEquals((await client.response(streamId)).resetCode, direct);
        assertEquals((await client.sayHello()).grpcStatus, 0);
      } else {
        await client.closed;
        const goaways = client.frames.filter(({ type }) => type === FRAME.goaway);
        assertEquals(goaways.map(({ payload }) => payload[7]), [IS_DIRECT ? direct : code]);
      }
      await neighbour.assertServed();
    });
  }
});

/** Fields that are odd and do not matter. */
const ODD_FIELDS: Readonly<Record<string, Readonly<Record<string, string | undefined>>>> = {
  "no te": { "te": undefined },
  "a header of 15 KiB": { "x-big": "a".repeat(15 * 1024) },
  "host instead of :authority": { ":authority": undefined, "host": "localhost" },
  "a query that is badly escaped": { ":path": "/greeter.v1.Greeter/SayHello?a=%zz" },
  "bytes above 127 in a value": { "x-odd": "\xff\xfe\x80" },
  "UTF-8 in a value": { "x-odd": "\xe2\x82\xac" },
  "names of Object.prototype": { "constructor": "a", "tostring": "b" },
  "-bin that is no base64": { "x-odd-bin": "%%%" },
};

Deno.test("app.serve() serves calls with odd header fields", async (test) => {
  await using greeter = await serveGreeter();
  await using client = await FrameClient.connect({ port: greeter.port });
  for (const [name, changes] of Object.entries(ODD_FIELDS)) {
    await test.step(name, async () => {
      const fields = grpcFields("/greeter.v1.Greeter/SayHello", changes);
      const { grpcStatus } = await client.response(client.startCall({ fields, body: BODY }));
      assertEquals(grpcStatus, 0);
    });
  }
});

Deno.test("app.serve() keeps header fields from handlers that HTTP forbids", async (test) => {
  const forbidden: HeaderFields = [
    ["x odd", "space in the name"],
    ["", "no name"],
    ["x\xe9", "byte above 127 in the name"],
    ["x-nul", "a\0b"],
    ["x-crlf", "a\r\nset-cookie: b"],
  ];
  const seen: string[] = [];
  await using greeter = await serveGreeter({
    handlers: {
      sayHello(_, { metadata }) {
        seen.push(...metadata.keys());
        return {};
      },
    },
  });
  await using client = await FrameClient.connect({ port: greeter.port });
  for (const field of forbidden) {
    await test.step(field[1], async () => {
      const call = { fields: [...FIELDS, field], body: BODY };
      const { grpcStatus, resetCode } = await client.response(client.startCall(call));
      // A request that has them is malformed (RFC 9113, section 8.2.1). node:http2 leaves them out.
      if (IS_DIRECT) return assertEquals([resetCode, seen], [H2_PROTOCOL_ERROR, []]);
      assertEquals(grpcStatus, 0);
      assertEquals(seen.splice(0).sort(), ["content-type", "te"]);
    });
  }
});

Deno.test("app.serve() resets a stream with too many header fields", async (test) => {
  await using greeter = await serveGreeter();
  await using client = await FrameClient.connect({ port: greeter.port });
  // Each counts for 32 bytes and its text.
  for (const count of [2000, 5000]) {
    await test.step(`${count} of them`, async () => {
      const many = Array.from({ length: count }, (_, index) => [`x-${index}`, "a"] as const);
      const streamId = client.startCall({ fields: [...FIELDS, ...many], body: BODY });
      assertEquals((await client.response(streamId)).resetCode, H2_ENHANCE_YOUR_CALM);
      assertEquals((await client.sayHello()).grpcStatus, 0);
    });
  }
});

Deno.test("app.serve() ignores frames and settings that it does not know", async () => {
  await using greeter = await serveGreeter();
  await using client = await FrameClient.connect({ port: greeter.port });
  client.send(frame(0xee, 0xff, 1, GARBAGE), settings([0xff, 1]));
  assertEquals((await client.sayHello()).grpcStatus, 0);
});

Deno.test("app.serve() ends the calls of a client whose connection breaks", async (test) => {
  const signals: AbortSignal[] = [];
  await using greeter = await serveGreeter({
    handlers: {
      async *chat(requests, { signal }) {
        signals.push(signal);
        for await (const request of requests) yield { message: request.name };
      },
    },
  });
  await using neighbour = await watchNeighbour(greeter);
  const endings: Record<string, (client: FrameClient) => Promise<unknown> | void> = {
    "by a FIN": (client) => client.close(),
    "by a half-closed socket": (client) => client.closeWrite(),
    "by a reset": async (client) => {
      // A socket that is closed with unread bytes in it resets the connection.
      client.pause();
      for (let i = 0; i < 4; i++) client.send(frame(FRAME.ping, 0, 0, new Uint8Array(8)));
      await neighbour.assertServed();
      client.close();
    },
    "amid a frame": (client) => client.send(BODY).then(() => client.close()),
  };
  for (const [name, end] of Object.entries(endings)) {
    await test.step(name, async () => {
      await using client = await FrameClient.connect({ port: greeter.port });
      const fields = grpcFields("/greeter.v1.Greeter/Chat");
      for (let i = 0; i < 20; i++) client.send(headers(client.openStreamId(), fields));
      await eventually("all calls begin", () => signals.length === 20);
      await end(client);
      await eventually("all calls are ended", () => greeter.server.callCount === 0);
      assert(signals.splice(0).every(({ aborted }) => aborted));
      await neighbour.assertServed();
    });
  }
});

function request(changes: Readonly<Record<string, string | undefined>>): Uint8Array {
  const fields = grpcFields("/greeter.v1.Greeter/SayHello", changes);
  // Pseudo-fields come first, also those that are none.
  const [pseudo, rest] = [true, false].map((is) =>
    fields.filter(([n]) => n.startsWith(":") === is)
  );
  return concat(headers(1, [...pseudo!, ...rest!]), data(1, BODY, true));
}

function afterHeaders(type: number, payload: Uint8Array): Uint8Array {
  return concat(headers(1, FIELDS), frame(type, 0, 1, payload));
}

/** A client that does nothing wrong, on one connection for as long as the server is ill-treated. */
function watchNeighbour({ baseUrl }: RunningGreeter) {
  const client = connectGreeter(baseUrl);
  return {
    async assertServed() {
      assertEquals((await client.sayHello({ name: "you" })).message, "Hello you");
    },
    [Symbol.asyncDispose]: () => Promise.resolve(client[Symbol.dispose]()),
  };
}
