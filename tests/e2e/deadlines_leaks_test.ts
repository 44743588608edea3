import { assert, assertEquals } from "@std/assert";
import { Code, ConnectError } from "@connectrpc/connect";
import { timerCount } from "../../src/timer_heap.ts";
import { captureAbortListeners } from "../support/captured_timers.ts";
import { serveGreeter } from "../support/greeter.ts";
import { connectHttp2, readResponse } from "../support/http2_client.ts";
import { eventually } from "../support/waiting.ts";
import { bodyOf, CONTENT_TYPES, FORMATS, readStatus } from "../support/wire_formats.ts";

const PATH = "/greeter.v1.Greeter/";
const H2_CANCEL = 0x8;
const KINDS = ["SayHello", "SayHelloTimes", "SayHelloToAll", "Chat"];

/** The request that makes the handlers below do so. */
const ENDS = ["ok", "not_found", "internal", "canceled"] as const;

const CALLS = FORMATS.flatMap((format) =>
  KINDS
    .filter((method) =>
      !format.startsWith("connect") ||
      (method === "SayHello") === (format === "connect unary")
    )
    .flatMap((method) => ENDS.map((end) => ({ format, method, end })))
);

Deno.test("a finished call leaves no timer and no listener behind", async (t) => {
  let end: typeof ENDS[number] = "ok";
  let started = Promise.withResolvers<void>();
  async function act(signal: AbortSignal): Promise<void> {
    started.resolve();
    if (end === "not_found") throw new ConnectError("no such name", Code.NotFound);
    if (end === "internal") throw new Error("secret");
    if (end === "ok") return;
    if (!signal.aborted) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    }
  }
  await using greeter = await serveGreeter({
    app: { timeout: "1h" },
    handlers: {
      sayHello: async (_, { signal }) => (await act(signal), {}),
      async *sayHelloTimes(_, { signal }) {
        await act(signal);
        yield {};
      },
      sayHelloToAll: async (_, { signal }) => (await act(signal), {}),
      async *chat(_, { signal }) {
        await act(signal);
        yield {};
      },
    },
  });
  using client = connectHttp2(greeter.baseUrl);
  // The connection has timers of its own from now on, and before the second one all settings are in
  // force.
  for (let i = 0; i < 2; i++) {
    await client.request(`${PATH}SayHello`, { "content-type": CONTENT_TYPES.grpc }, bodyOf("grpc"));
  }
  for (const call of CALLS) {
    await t.step(`${call.format}: ${call.method} ends ${call.end}`, async () => {
      end = call.end;
      started = Promise.withResolvers();
      const before = timerCount();
      using listeners = captureAbortListeners();
      const stream = client.open(PATH + call.method, {
        "content-type": CONTENT_TYPES[call.format],
      });
      const response = readResponse(stream);
      stream.end(bodyOf(call.format));
      await started.promise;
      if (end === "canceled") {
        assertEquals(timerCount(), before + 1);
        stream.close(H2_CANCEL);
        await response;
      } else assertEquals(readStatus(await response).code, end);
      await eventually("the call is over", () => greeter.server.callCount === 0);
      await eventually("no timer is left", () => timerCount() === before, 500);
      await eventually("no listener is left", () => listeners.left === 0, 500);
      if (end === "canceled") assert(listeners.added > 0);
    });
  }
});
