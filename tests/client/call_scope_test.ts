import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Code, ConnectError } from "@connectrpc/connect";
import { type CallContext, type CallOptions, createClient } from "../../src/client.ts";
import type { Protocol } from "../../mod.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { formatTimeout, parseTimeout, TIMEOUT_HEADER } from "../../src/protocol/protocol.ts";
import { timerCount } from "../../src/timer_heap.ts";
import { codeOf, PROTOCOLS } from "../support/connect_node.ts";
import { type GreeterOptions, serveGreeter } from "../support/greeter.ts";
import { never } from "../support/stalling.ts";
import { eventually } from "../support/waiting.ts";
import { serveWire } from "../support/wire_server.ts";

const FORMATS:
  readonly (readonly [ms: number, grpc?: string | undefined, connect?: string | undefined])[] = [
    [Infinity, undefined, undefined],
    [0.25, "250u", "1"],
    [1, "1m", "1"],
    [1234.9, "1234m", "1234"],
    [99_999_999, "99999999m", "99999999"],
    // As much as eight digits hold: never longer than it is.
    [100_000_500, "100000S", "100000500"],
    [2 ** 40, "18325193M", undefined],
    [9e15, undefined, undefined],
  ];

Deno.test("formatTimeout() writes what a server reads, and never more", () => {
  for (const [ms, grpc, connect] of FORMATS) {
    const texts = { "grpc": grpc, "grpc-web": grpc, connect };
    for (const protocol of PROTOCOLS) {
      const text = formatTimeout(protocol, ms);
      if (ms < 9e15) assertEquals(text, texts[protocol], `${protocol} ${ms}`);
      if (text === undefined) continue;
      const read = parseTimeout(protocol, { [TIMEOUT_HEADER[protocol]]: text });
      assert(read <= Math.max(ms, 1), `${text} is longer than ${ms} ms`);
    }
  }
});

/** What is set where, and what may be on the wire, in milliseconds. */
const TIMEOUTS: readonly {
  readonly title: string;
  readonly client?: number;
  readonly call?: CallOptions;
  /** Seconds that the handler has left. */
  readonly left?: number;
  readonly wanted: readonly [min: number, max: number] | undefined;
}[] = [
  { title: "nothing", wanted: undefined },
  { title: "the client's", client: 5, wanted: [5000, 5000] },
  {
    title: "the call's instead of the client's",
    client: 5,
    call: { timeout: "9s" },
    wanted: [9000, 9000],
  },
  { title: "no limit for one call", client: 5, call: { timeout: Infinity }, wanted: undefined },
  { title: "Connect's own option", client: 5, call: { timeoutMs: 700 }, wanted: [700, 700] },
  { title: "Connect's way of no limit", client: 5, call: { timeoutMs: 0 }, wanted: undefined },
  { title: "the handler's, where nothing else is", left: 3, wanted: [2500, 3000] },
  { title: "the handler's, being shorter", client: 5, left: 3, wanted: [2500, 3000] },
  { title: "the client's, being shorter", client: 2, left: 3, wanted: [2000, 2000] },
  {
    title: "the handler's in spite of no limit",
    call: { timeout: Infinity },
    left: 3,
    wanted: [2500, 3000],
  },
  { title: "the call's, being shorter", call: { timeout: 1 }, left: 3, wanted: [1000, 1000] },
];

for (const protocol of PROTOCOLS) {
  for (const { title, client: timeout, call, left, wanted } of TIMEOUTS) {
    Deno.test(`a timeout on the wire by ${protocol} is ${title}`, async () => {
      await using server = await serveWire();
      const options = timeout === undefined ? {} : { timeout };
      await using client = createClient(Greeter, server.url, { protocol, ...options });
      const callOut = (context?: CallContext) =>
        client.sayHello({}, { ...call, ...(context && { context }) }).catch(() => {});
      if (left === undefined) await callOut();
      else await callWithin({ service: { timeout: left } }, callOut);
      const [headers] = server.requests;
      const ms = parseTimeout(protocol as Protocol, headers!);
      if (wanted === undefined) assertEquals(ms, Infinity);
      else assert(ms >= wanted[0] && ms <= wanted[1], `${ms} ms on the wire`);
    });
  }
}

for (const kind of ["unary", "stream"]) {
  Deno.test(`a ${kind} call made with a handler's context ends at the handler's deadline`, async () => {
    await using far = await serveGreeter({ handlers: FOR_EVER });
    await using client = createClient(Greeter, far.baseUrl);
    const ends: string[] = [];
    await callWithin({ service: { timeout: "50ms" } }, async (context) => {
      ends.push(await codeOf(callFar(client, kind, context)));
    });
    await eventually("the call has ended", () => ends.length === 1);
    assertEquals(ends[0]!.slice(0, 36), "DeadlineExceeded: deadline exceeded ");
    await eventually("no call is left", () => far.server.callCount === 0);
  });

  Deno.test(`a ${kind} call made with a handler's context ends when the handler's client leaves`, async () => {
    await using far = await serveGreeter({ handlers: FOR_EVER });
    await using client = createClient(Greeter, far.baseUrl);
    const ends: string[] = [];
    const leave = new AbortController();
    const near = callWithin({}, async (context) => {
      ends.push(await codeOf(callFar(client, kind, context)));
    }, leave.signal);
    await eventually("the far call is there", () => far.server.callCount === 1);
    leave.abort();
    await near;
    await eventually("the call has ended", () => ends.length === 1);
    assertEquals(ends, ["Canceled: cancelled by the client"]);
    await eventually("no call is left", () => far.server.callCount === 0);
  });

  Deno.test(`a ${kind} call that a handler leaves behind ends with the handler's answer`, async () => {
    await using far = await serveGreeter({ handlers: FOR_EVER });
    await using client = createClient(Greeter, far.baseUrl);
    const ends: string[] = [];
    await callWithin({}, (context) => {
      void codeOf(callFar(client, kind, context)).then((end) => ends.push(end));
      return eventually("the far call is there", () => far.server.callCount === 1);
    });
    await eventually("the call has ended", () => ends.length === 1);
    assertEquals(ends, ["Canceled: the call is over"]);
    await eventually("no call is left", () => far.server.callCount === 0);
  });
}

Deno.test("a call is not sent that is over before it begins", async () => {
  await using server = await serveWire();
  await using client = createClient(Greeter, server.url);
  const late: CallContext = { signal: new AbortController().signal, timeRemaining: () => 0 };
  const signal = AbortSignal.abort(new ConnectError("gone", Code.Unavailable));
  assertEquals(
    await codeOf(client.sayHello({}, { context: late })),
    "DeadlineExceeded: deadline has passed before the call began",
  );
  assertEquals(await codeOf(client.sayHello({}, { signal })), "Unavailable: gone");
  const context: CallContext = { signal, timeRemaining: () => 5 };
  assertEquals(await codeOf(client.sayHello({}, { context })), "Unavailable: gone");
  assertEquals([server.requests.length, server.sessionCount], [0, 0]);
});

Deno.test("a call leaves no timer and no listener behind", async () => {
  await using server = await serveWire();
  await using client = createClient(Greeter, server.url, { timeout: "1h" });
  const controller = new AbortController();
  let listeners = 0;
  const { signal } = controller;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners--;
    removeEventListener.apply(signal, args);
  };
  await client.sayHello({});
  const timers = timerCount();
  for (let turn = 0; turn < 3; turn++) await client.sayHello({}, { signal });
  for await (const _ of client.sayHelloTimes({}, { signal }));
  assertEquals([timerCount(), listeners], [timers, 0]);
});

Deno.test("an option of a call that is wrong is told of, and the call is not sent", async () => {
  await using server = await serveWire();
  await using client = createClient(Greeter, server.url);
  const misspelt = { timout: 5 } as CallOptions;
  const message = 'Cannot call with option "timout": did you mean "timeout"?';
  await assertRejects(() => client.sayHello({}, misspelt), TypeError, message);
  assertThrows(() => client.sayHelloTimes({}, misspelt), TypeError, message);
  await assertRejects(() => client.sayHello({}, { timeout: "soon" }), RangeError, '"timeout"');
  assertEquals(server.requests.length, 0);
});

Deno.test("timeouts above 24.8 days do not fire at once", async () => {
  await using server = await serveWire();
  await using client = createClient(Greeter, server.url, { timeout: "30d" });
  assertEquals(await codeOf(client.sayHello({})), "OK");
  assertEquals(server.requests[0]!["grpc-timeout"], "2592000S");
});

const FOR_EVER: NonNullable<GreeterOptions["handlers"]> = {
  sayHello: never,
  async *sayHelloTimes() {
    yield { message: "first" };
    await never();
  },
};

/** Calls a greeter that calls out with its context, and waits until both have ended. */
async function callWithin(
  options: GreeterOptions,
  callOut: (context: CallContext) => Promise<unknown>,
  signal?: AbortSignal,
): Promise<void> {
  await using near = await serveGreeter({
    ...options,
    handlers: {
      async sayHello(_, context) {
        await callOut(context);
        return { message: "" };
      },
    },
  });
  await using client = createClient(Greeter, near.baseUrl);
  await client.sayHello({}, signal && { signal }).catch(() => {});
}

async function callFar(
  client: ReturnType<typeof createClient<typeof Greeter>>,
  kind: string,
  context: CallContext,
): Promise<void> {
  if (kind === "unary") return void await client.sayHello({}, { context });
  for await (const _ of client.sayHelloTimes({}, { context }));
}
