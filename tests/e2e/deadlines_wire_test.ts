import { assert, assertEquals } from "@std/assert";
import { captureLog } from "../support/captured_log.ts";
import { serveGreeter } from "../support/greeter.ts";
import { connectHttp2 } from "../support/http2_client.ts";
import { bodyOf, CONTENT_TYPES, readStatus, type WireFormat } from "../support/wire_formats.ts";

const PATH = "/greeter.v1.Greeter/";
const TIMEOUT_FIELDS = {
  "grpc": "grpc-timeout",
  "grpc-web": "grpc-timeout",
  "connect stream": "connect-timeout-ms",
  "connect unary": "connect-timeout-ms",
} as const;

/** All four kinds of method in each format that has them. */
const CALLS: readonly [WireFormat, string][] = (["grpc", "grpc-web", "connect stream"] as const)
  .flatMap((format) =>
    ["SayHello", "SayHelloTimes", "SayHelloToAll", "Chat"]
      .map((method): [WireFormat, string] => [
        format === "connect stream" && method === "SayHello" ? "connect unary" : format,
        method,
      ])
  );

/** A greeter that tells what of it was called, with how much time left. */
function serveRecorder(seen: [string, number][]) {
  return serveGreeter({
    handlers: {
      sayHello(_, context) {
        seen.push(["SayHello", context.timeRemaining()]);
        return {};
      },
      async *sayHelloTimes(_, context) {
        seen.push(["SayHelloTimes", context.timeRemaining()]);
        yield {};
      },
      async sayHelloToAll(requests, context) {
        seen.push(["SayHelloToAll", context.timeRemaining()]);
        await Array.fromAsync(requests);
        return {};
      },
      async *chat(requests, context) {
        seen.push(["Chat", context.timeRemaining()]);
        await Array.fromAsync(requests);
        yield {};
      },
    },
  });
}

const EXPIRED: Record<WireFormat, readonly string[]> = {
  "grpc": ["0m", "0H", "1n"],
  "grpc-web": ["0S", "1n"],
  "connect stream": ["0"],
  "connect unary": ["0", "0000000000"],
};

const MALFORMED: Record<WireFormat, readonly string[]> = {
  "grpc": ["", "m", "1", "-1m", "1.5S", "1s", "123456789n", "1m1m", "0x1m", "१m", "Infinity"],
  "grpc-web": ["1 m", "soon"],
  "connect stream": ["-1", "1e3"],
  "connect unary": ["", "-1", "1.5", "1s", "12345678901", "NaN", "0x10", "Infinity"],
};

const HUGE: Record<WireFormat, readonly [string, number][]> = {
  "grpc": [["99999999H", 99_999_999 * 3600], ["99999999S", 99_999_999]],
  "grpc-web": [["99999999H", 99_999_999 * 3600], ["99999999M", 99_999_999 * 60]],
  "connect stream": [["9999999999", 9_999_999.999]],
  "connect unary": [["9999999999", 9_999_999.999], ["2147483648", 2_147_483.648]],
};

async function callWithTimeout(
  baseUrl: string,
  [format, method]: [WireFormat, string],
  timeout: string,
) {
  using client = connectHttp2(baseUrl);
  const headers = { "content-type": CONTENT_TYPES[format], [TIMEOUT_FIELDS[format]]: timeout };
  return readStatus(await client.request(PATH + method, headers, bodyOf(format)));
}

Deno.test("timeout that is over on arrival ends the call before its handler", async (t) => {
  const seen: [string, number][] = [];
  await using greeter = await serveRecorder(seen);
  for (const call of CALLS) {
    for (const timeout of EXPIRED[call[0]]) {
      await t.step(`${call[0]}: ${call[1]} with "${timeout}"`, async () => {
        const { code, message } = await callWithTimeout(greeter.baseUrl, call, timeout);
        assertEquals(code, "deadline_exceeded");
        assert(message.startsWith("deadline exceeded after "), message);
        assertEquals(seen, []);
      });
    }
  }
});

Deno.test("timeout that is malformed is INVALID_ARGUMENT before the handler", async (t) => {
  await using log = await captureLog();
  const seen: [string, number][] = [];
  await using greeter = await serveRecorder(seen);
  for (const call of CALLS) {
    for (const timeout of MALFORMED[call[0]]) {
      await t.step(`${call[0]}: ${call[1]} with "${timeout}"`, async () => {
        const before = log.access().length;
        const { code, message } = await callWithTimeout(greeter.baseUrl, call, timeout);
        assertEquals(code, "invalid_argument");
        assert(message.includes(TIMEOUT_FIELDS[call[0]]), message);
        assertEquals(seen, []);
        const lines = await log.waitForAccess(before + 1);
        assert(lines.at(-1)!.includes(" invalid_argument "), lines.at(-1)!);
      });
    }
  }
});

Deno.test("timeout of any length does not overflow", async (t) => {
  const seen: [string, number][] = [];
  await using greeter = await serveRecorder(seen);
  for (const call of CALLS) {
    for (const [timeout, seconds] of HUGE[call[0]]) {
      await t.step(`${call[0]}: ${call[1]} with "${timeout}"`, async () => {
        assertEquals((await callWithTimeout(greeter.baseUrl, call, timeout)).code, "ok");
        const [method, remaining] = seen.pop()!;
        assertEquals(method, call[1]);
        assert(remaining <= seconds && remaining > seconds - 10, `${remaining} s left`);
      });
    }
  }
});

Deno.test("timeout of another protocol's field is not looked at", async () => {
  const seen: [string, number][] = [];
  await using greeter = await serveRecorder(seen);
  using client = connectHttp2(greeter.baseUrl);
  const headers = { "content-type": CONTENT_TYPES.grpc, "connect-timeout-ms": "0" };
  const response = await client.request(`${PATH}SayHello`, headers, bodyOf("grpc"));
  assertEquals(readStatus(response).code, "ok");
  assertEquals(seen, [["SayHello", Infinity]]);
});
