import { assert, assertEquals, assertLess } from "@std/assert";
import { fromBinary } from "@bufbuild/protobuf";
import { SayHelloResponseSchema } from "../../gen/greeter/v1/greeter_pb.ts";
import { envelope, openEnvelopes, sayHelloRequest } from "../support/envelopes.ts";
import { FrameClient, type FrameClientOptions } from "../support/frame_client.ts";
import { type GreeterOptions, type RunningGreeter, serveGreeter } from "../support/greeter.ts";
import { concat, FRAME, frame, goaway, grpcFields } from "../support/http2_frames.ts";
import { createPemSet } from "../support/pem_files.ts";
import { eventually } from "../support/waiting.ts";

const MIB = 2 ** 20;
const COUNT = 64;
/** More than the two sockets take by themselves. */
const HUGE = 32 * MIB;
/** What the two sockets take by themselves, and one message above it. */
const MAX_AHEAD = 24;
/** Longer than a connection waits for a sign of a client that has taken everything. */
const STALL_MS = 1800;
const BODY = envelope(sayHelloRequest("raw"));
const TIMES = grpcFields("/greeter.v1.Greeter/SayHelloTimes");

interface Fixture extends AsyncDisposable {
  readonly greeter: RunningGreeter;
  /** Messages of 1 MiB that were made so far. */
  readonly made: number;
  connect(options?: Partial<FrameClientOptions>): Promise<FrameClient>;
  /** Lets the server do what it is going to do: so many calls on a connection of their own. */
  pass(): Promise<void>;
}

/** A stream of 64 messages of 1 MiB each, and an answer of 1 MiB. */
async function serveLarge(isTls: boolean, options: GreeterOptions = {}): Promise<Fixture> {
  const pem = isTls ? await createPemSet() : undefined;
  let made = 0;
  const greeter = await serveGreeter({
    ...options,
    handlers: {
      async *sayHelloTimes() {
        for (let i = 0; i < COUNT; i++) yield { message: messageOf(made++) };
      },
      sayHello: ({ name }) => {
        if (name === "huge") return { message: "a".repeat(HUGE) };
        return { message: name === "small" ? name : messageOf(made++) };
      },
    },
    serve: { ...options.serve, ...pem?.tls },
  });
  const address = { port: greeter.port, ...(pem && { ca: pem.ca.certificate }) };
  const connect = (more = {}) => FrameClient.connect({ ...address, ...more });
  return {
    greeter,
    get made() {
      return made;
    },
    connect,
    async pass() {
      await using other = await connect();
      for (let i = 0; i < 50; i++) await other.sayHello("small");
    },
    async [Symbol.asyncDispose]() {
      await greeter[Symbol.asyncDispose]();
      await pem?.[Symbol.asyncDispose]();
    },
  };
}

/** 1 MiB that is not as any other. */
function messageOf(index: number): string {
  return String.fromCharCode(97 + index % 26).repeat(MIB - 10) + `${index}`.padStart(10);
}

for (const isTls of [false, true]) {
  const wire = isTls ? "TLS" : "plaintext";

  Deno.test(`Connection lets a stream wait while its client does not read (${wire})`, async () => {
    await using fixture = await serveLarge(isTls);
    const pieces: Uint8Array[] = [];
    await using client = await fixture.connect({ onData: (piece) => void pieces.push(piece) });
    client.pause();
    const streamId = client.startCall({ fields: TIMES, body: BODY });
    await fixture.pass();
    assertLess(fixture.made, MAX_AHEAD);
    client.resume();
    assertEquals((await client.response(streamId)).grpcStatus, 0);
    const messages = openEnvelopes(concat(...pieces)).map(({ data }) =>
      fromBinary(SayHelloResponseSchema, data).message
    );
    assertEquals(messages.length, COUNT);
    assert(messages.every((message, index) => message === messageOf(index)));
  });

  Deno.test(`Connection takes up no calls while its client does not read (${wire})`, async () => {
    await using fixture = await serveLarge(isTls);
    await using client = await fixture.connect();
    client.pause();
    const streamIds: number[] = [];
    for (let i = 0; i < COUNT; i++) {
      streamIds.push(client.startCall({ body: BODY }));
      if (i % 8 === 7) await fixture.pass();
    }
    assertLess(fixture.made, MAX_AHEAD);
    client.resume();
    for (const streamId of streamIds) {
      const { grpcStatus, bytes } = await client.response(streamId);
      assertEquals([grpcStatus, bytes], [0, MIB + 9]);
    }
  });

  Deno.test(`Connection forgets what waits when its client leaves (${wire})`, async () => {
    await using fixture = await serveLarge(isTls);
    const { greeter } = fixture;
    const client = await fixture.connect();
    client.pause();
    client.startCall({ fields: TIMES, body: BODY });
    await fixture.pass();
    for (let i = 0; i < COUNT; i++) client.startCall({ body: BODY });
    await fixture.pass();
    const { made } = fixture;
    assertLess(made, MAX_AHEAD);
    await client[Symbol.asyncDispose]();
    await eventually("no connection", () => greeter.server.connectionCount === 0);
    await eventually("no call", () => greeter.server.callCount === 0);
    await fixture.pass();
    assertEquals(fixture.made, made);
  });

  for (const what of ["a frame that is wrong", "a GOAWAY that blames us"]) {
    Deno.test(`Connection closes after ${what}, though its client does not read (${wire})`, async () => {
      await using fixture = await serveLarge(isTls);
      await using client = await fixture.connect();
      client.pause();
      client.startCall({ fields: TIMES, body: BODY });
      await fixture.pass();
      // A PING has 8 bytes.
      client.send(
        what.startsWith("a frame") ? frame(FRAME.ping, 0, 0, new Uint8Array(3)) : goaway(0, 1),
      );
      await eventually("no connection", () => fixture.greeter.server.connectionCount === 0);
    });
  }

  Deno.test(`Connection does not keep a stream beyond its deadline (${wire})`, async () => {
    await using fixture = await serveLarge(isTls, {
      service: { methods: { sayHelloTimes: { timeout: "100ms" } } },
    });
    await using client = await fixture.connect();
    client.pause();
    client.startCall({ fields: TIMES, body: BODY });
    await eventually("the handler runs", () => fixture.made > 0);
    await eventually("the call is over", () => fixture.greeter.server.callCount === 0);
    assertLess(fixture.made, MAX_AHEAD);
  });

  Deno.test(`drain() ends by gracefulTimeout where a client does not read (${wire})`, async () => {
    await using fixture = await serveLarge(isTls, { serve: { gracefulTimeout: "100ms" } });
    await using client = await fixture.connect();
    client.pause();
    client.startCall({ fields: TIMES, body: BODY });
    await fixture.pass();
    const before = performance.now();
    await fixture.greeter.server.shutdown();
    assertLess(performance.now() - before, 5000);
  });

  Deno.test(`drain() loses no answer to a client that stops reading for a while (${wire})`, async () => {
    await using fixture = await serveLarge(isTls, { serve: { gracefulTimeout: "30s" } });
    await using client = await fixture.connect();
    client.pause();
    const streamId = client.startCall({ body: envelope(sayHelloRequest("huge")) });
    await fixture.pass();
    const finished = fixture.greeter.server.shutdown();
    await new Promise((resolve) => setTimeout(resolve, STALL_MS));
    client.resume();
    const { grpcStatus, bytes } = await client.response(streamId);
    assertEquals([grpcStatus, bytes], [0, HUGE + 10]);
    await finished;
  });
}
