/**
 * curl, which knows nothing of RPC: what a user can do with HTTP alone, by version of HTTP. On a
 * plaintext port curl has to be told that HTTP/2 is spoken, too.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { runCommand, transcript } from "../support/command.ts";
import { envelope, openEnvelopes, sayHelloRequest } from "../support/envelopes.ts";
import {
  type InteropServer,
  startExampleServer,
  startTalkativeServer,
  tlsArguments,
} from "../support/interop_servers.ts";
import { systemTool } from "../support/tools.ts";

const ignore = await systemTool("curl") === undefined;

/** The ports, and how they are spoken to. */
const PORTS = [
  { kind: "plaintext", flag: "--http2-prior-knowledge", version: "HTTP/2" },
  { kind: "plaintext", flag: "--http1.1", version: "HTTP/1.1" },
  { kind: "TLS", flag: "--http2", version: "HTTP/2" },
  { kind: "TLS", flag: "--http1.1", version: "HTTP/1.1" },
  { kind: "mTLS", flag: "--http2", version: "HTTP/2" },
  { kind: "mTLS", flag: "--http1.1", version: "HTTP/1.1" },
] as const;

const CONNECT_END_STREAM = 0x02;
const GRPC_WEB = "application/grpc-web+proto";
const GRPC_WEB_TRAILER = 0x80;

/** What curl is told beside the address, to call a method of the greeter. */
interface Request {
  readonly method?: string;
  readonly type?: string;
  readonly body?: string | Uint8Array;
  readonly flags?: readonly string[];
}

/** What came back. */
interface Answer {
  readonly version: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

type Calls = Record<string, (curl: (request: Request) => Promise<Answer>) => Promise<void>>;

/** What can be done with the example server. */
const CALLS: Calls = {
  async "posts JSON, as Connect"(curl) {
    const answer = await curl({ type: "application/json", body: '{"name":"Zoë"}' });
    assertIs(answer, 200, "application/json");
    assertEquals(json(answer), { message: "Hello Zoë" });
  },

  async "posts protobuf, as Connect"(curl) {
    const answer = await curl({ type: "application/proto", body: sayHelloRequest("you") });
    assertIs(answer, 200, "application/proto");
    assertEquals(text(answer), "\n\x09Hello you");
  },

  async "gets a method that is free of side effects"(curl) {
    const query = ["connect=v1", "encoding=json", 'message={"name":"A & B"}'];
    const flags = ["--get", ...query.flatMap((each) => ["--data-urlencode", each])];
    const answer = await curl({ flags });
    assertIs(answer, 200, "application/json");
    assertEquals(json(answer), { message: "Hello A & B" });
  },

  async "reads an answer that is compressed"(curl) {
    const name = "long ".repeat(1000);
    const body = JSON.stringify({ name });
    const answer = await curl({ type: "application/json", body, flags: ["--compressed"] });
    assert(answer.headers.has("content-encoding"));
    assertEquals(json(answer), { message: `Hello ${name}` });
  },

  async "reads a stream, as Connect"(curl) {
    const answer = await curl({
      method: "SayHelloTimes",
      type: "application/connect+json",
      body: envelope(encode('{"name":"you","times":2}')),
    });
    assertIs(answer, 200, "application/connect+json");
    const envelopes = openEnvelopes(answer.body);
    assertEquals(envelopes.map(({ flags, data }) => [flags, JSON.parse(decode(data))]), [
      [0, { message: "Hello you" }],
      [0, { message: "Hello you" }],
      [CONNECT_END_STREAM, {}],
    ]);
  },

  async "posts the bytes of gRPC-Web"(curl) {
    const answer = await curl({ type: GRPC_WEB, body: envelope(sayHelloRequest("you")) });
    assertIs(answer, 200, GRPC_WEB);
    const envelopes = openEnvelopes(answer.body);
    assertEquals(envelopes.map(({ flags, data }) => [flags, decode(data)]), [
      [0, "\n\x09Hello you"],
      [GRPC_WEB_TRAILER, "grpc-status: 0\r\n"],
    ]);
  },

  async "is told of a mistake in JSON, with the HTTP status"(curl) {
    const answer = await curl({ type: "application/json", body: '{"name":"Zoë"' });
    assertIs(answer, 400, "application/json");
    assertEquals(json(answer).code, "invalid_argument");
  },

  async "is told of a method that does not exist"(curl) {
    const answer = await curl({ method: "None", type: "application/json", body: "{}" });
    assertIs(answer, 404, "application/json");
    assertEquals(json(answer), {
      code: "unimplemented",
      message: "unknown method /greeter.v1.Greeter/None",
    });
  },
};
/** What can be done with the greeter that fails, waits, and echoes. */
const CALLS_BEYOND: Calls = {
  async "is told the details of an error, as Connect"(curl) {
    const answer = await curl({ type: "application/json", body: '{"name":"fail"}' });
    assertIs(answer, 400, "application/json");
    const { code, message, details } = json(answer);
    assertEquals([code, message], ["failed_precondition", "cannot greet"]);
    assertEquals(details[0].type, "greeter.v1.SayHelloResponse");
    assertEquals(details[0].debug, { message: "a detail" });
    assertEquals(answer.headers.get("x-reason"), "asked to");
  },

  async "is sent an error in gRPC-Web"(curl) {
    const answer = await curl({ type: GRPC_WEB, body: envelope(sayHelloRequest("fail")) });
    assertIs(answer, 200, GRPC_WEB);
    const [trailer, ...more] = openEnvelopes(answer.body);
    assertEquals([trailer!.flags, more], [GRPC_WEB_TRAILER, []]);
    assertMatch(decode(trailer!.data), /^grpc-status: 9\r$/m);
    assertMatch(decode(trailer!.data), /^x-reason: asked to\r$/m);
  },

  async "gets its metadata back, as Connect"(curl) {
    const flags = ["--header", "x-echo: said, once"];
    const answer = await curl({ type: "application/json", body: "{}", flags });
    assertIs(answer, 200, "application/json");
    assertEquals(answer.headers.get("x-echo"), "said, once");
    assertEquals(answer.headers.get("trailer-x-echo-trailer"), "said, once");
  },

  async "is told by the server of its deadline, as Connect"(curl) {
    const flags = ["--header", "connect-timeout-ms: 50"];
    const answer = await curl({ type: "application/json", body: '{"name":"wait"}', flags });
    assertIs(answer, 504, "application/json");
    assertEquals(json(answer), {
      code: "deadline_exceeded",
      message: "deadline exceeded after 50ms",
    });
  },
};

for (const { kind, flag, version } of PORTS) {
  Deno.test(
    { name: `curl over ${kind} ${version === "HTTP/2" ? "h2" : "http/1.1"}`, ignore },
    async (t) => {
      await using example = await startExampleServer(kind);
      await using talkative = await startTalkativeServer(kind);
      for (const [calls, server] of [[CALLS, example], [CALLS_BEYOND, talkative]] as const) {
        const call = async (request: Request) => {
          const answer = await curl(server, flag, request);
          assertEquals(answer.version, version);
          return answer;
        };
        for (const [title, run] of Object.entries(calls)) await t.step(title, () => run(call));
        await server.stop();
      }
    },
  );
}

Deno.test({ name: "curl over TLS http/1.1, is told that gRPC needs HTTP/2", ignore }, async () => {
  await using server = await startExampleServer("TLS");
  const body = envelope(sayHelloRequest("you"));
  const { status } = await curl(server, "--http1.1", { type: "application/grpc", body });
  assertEquals(status, 505);
  await server.stop();
});

Deno.test({ name: "curl over mTLS, is refused without a certificate", ignore }, async () => {
  await using server = await startExampleServer("mTLS");
  const result = await runCommand("curl", ["--cacert", server.files.ca, server.url]);
  assert(result.code !== 0, transcript(result));
  await server.printed(/TLS handshake failed: .*peer sent no certificates/);
  await server.stop();
});

async function curl(
  server: InteropServer,
  version: string,
  { method = "SayHello", type, body, flags = [] }: Request,
): Promise<Answer> {
  await using file = await createFile(body);
  const result = await runCommand("curl", [
    ...["--silent", "--show-error", "--include", version, ...flags],
    ...tlsArguments(server, { ca: "--cacert", cert: "--cert", key: "--key" }),
    ...(type === undefined ? [] : ["--header", `content-type: ${type}`]),
    ...(body === undefined ? [] : ["--data-binary", `@${file.path}`]),
    `${server.url}/greeter.v1.Greeter/${method}`,
  ]);
  assertEquals(result.code, 0, transcript(result));
  return readAnswer(result.bytes);
}

/** Reads what `--include` makes curl print: the header, an empty line, and the body. */
function readAnswer(bytes: Uint8Array): Answer {
  // One byte is one character.
  const latin1 = new TextDecoder("latin1").decode(bytes);
  const end = latin1.indexOf("\r\n\r\n");
  const [first, ...fields] = latin1.slice(0, end).split("\r\n");
  const [version, status] = first!.split(" ");
  return {
    version: version!,
    status: Number(status),
    headers: new Headers(fields.map((field) => {
      const colon = field.indexOf(":");
      return [field.slice(0, colon), field.slice(colon + 1).trim()];
    })),
    body: bytes.subarray(end + 4),
  };
}

async function createFile(
  content: string | Uint8Array = "",
): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempFile();
  await Deno.writeFile(path, typeof content === "string" ? encode(content) : content);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path) };
}

function assertIs({ status, headers }: Answer, wanted: number, contentType: string): void {
  assertEquals([status, headers.get("content-type")], [wanted, contentType]);
}

// deno-lint-ignore no-explicit-any
function json(answer: Answer): any {
  return JSON.parse(text(answer));
}

function text({ body }: Answer): string {
  return decode(body);
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
