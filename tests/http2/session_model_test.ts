import { assert, assertEquals } from "@std/assert";
import type { ServerStream } from "../../src/http2/server_stream.ts";
import { FakeSession } from "../support/fake_session.ts";
import { fuzz, type Random } from "../support/fuzz.ts";
import { bodyByte, bodyOf, type ClientCall, GoodClient } from "../support/good_client.ts";
import { concat, frame, PREFACE } from "../support/http2_frames.ts";

const CONNECTIONS = 200;
const STEPS = 60;
const LENGTHS = [0, 1, 100, 5000, 16_384, 70_000, 200_000];
const WINDOWS = [0, 1, 1000, 65_535, 1_000_000];
const WIDE = 100_000_000;

/** A call, from the side of the server: what is to be answered, and what was read. */
interface Served {
  readonly stream: ServerStream;
  readonly answerLength: number;
  readonly isWhole: boolean;
  read: number;
  hasEnd: boolean;
  isRight: boolean;
}

/** Serves at random: at once or later, whole or in pieces, reading with pauses. */
class Handler {
  readonly served = new Map<number, Served>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  serve(stream: ServerStream): void {
    const random = this.#random;
    const served: Served = {
      stream,
      answerLength: random.pick(LENGTHS),
      isWhole: random.oneIn(3),
      ...{ read: 0, hasEnd: false, isRight: true },
    };
    this.served.set(stream.id, served);
    stream.receive({
      onBytes: (bytes) => {
        for (const byte of bytes) {
          served.isRight &&= byte === bodyByte(stream.id, served.read++);
        }
        if (random.oneIn(4)) stream.pause();
      },
      onEnd: () => {
        served.hasEnd = true;
        void this.#answer(served);
      },
    });
  }

  resumeAll(): void {
    for (const { stream } of this.served.values()) stream.resume();
  }

  async #answer({ stream, answerLength, isWhole }: Served): Promise<void> {
    const fields = { "content-type": "a/b", "x-id": String(stream.id) };
    const trailers = { "grpc-status": "0", "x-read": "all" };
    if (isWhole) return stream.respondWhole(fields, bodyOf(stream.id, 0, answerLength), trailers);
    stream.sendHeader(200, fields, false);
    for (let at = 0; at < answerLength;) {
      const length = Math.min(answerLength - at, 1 + this.#random.below(40_000));
      await stream.write(bodyOf(stream.id, at, length));
      at += length;
    }
    stream.end(trailers);
  }
}

/** One connection, step by step. */
class Run {
  readonly #random: Random;
  readonly #client = new GoodClient();
  readonly #fake: FakeSession;
  readonly #handler: Handler;
  readonly #bodies = new Map<number, number>();

  constructor(random: Random) {
    this.#random = random;
    this.#handler = new Handler(random);
    this.#fake = new FakeSession({
      opening: concat(PREFACE, this.#client.set([4, random.pick(WINDOWS)])),
      onStream: (stream) => this.#handler.serve(stream),
    });
  }

  [Symbol.dispose](): void {
    this.#fake[Symbol.dispose]();
  }

  async step(): Promise<void> {
    const random = this.#random;
    const calls = [...this.#client.calls.values()];
    const call = calls.length === 0 ? undefined : random.pick(calls);
    const kind = random.below(12);
    if (call === undefined || kind < 2) this.#begin();
    else if (kind < 6) this.#sendBody(call, random.pick([1, 1000, 50_000]));
    else if (kind < 8) {
      this.#send(this.#client.widen(random.pick([call, undefined]), 1 + random.below(30_000)));
    } else if (kind === 8) this.#handler.resumeAll();
    else if (kind === 9) this.#send(this.#client.set([random.pick([1, 4]), random.pick(WINDOWS)]));
    else if (kind === 10) this.#send(frame(6, 0, 0, random.bytes(8)));
    if (random.oneIn(2)) await this.#exchange();
  }

  /** Lets all go its way, and looks whether everything has arrived. */
  async finish(): Promise<void> {
    this.#send(this.#client.widen(undefined, WIDE));
    for (const call of this.#client.calls.values()) this.#send(this.#client.widen(call, WIDE));
    for (let rounds = 0; !this.#isDone && rounds < 1000; rounds++) {
      for (const call of this.#client.calls.values()) this.#sendBody(call, 50_000);
      this.#handler.resumeAll();
      await this.#exchange();
    }
    assertEquals(this.#fake.error, undefined);
    for (const call of this.#client.calls.values()) this.#check(call);
    assertEquals(this.#fake.events.filter((event) => event.startsWith("reset")), []);
  }

  get #isDone(): boolean {
    return [...this.#client.calls.values()].every(({ isAnswered }) => isAnswered);
  }

  #check(call: ClientCall): void {
    const { stream, answerLength, read, hasEnd, isRight } = this.#handler.served.get(call.id)!;
    assertEquals({ read, hasEnd, isRight }, {
      read: this.#bodies.get(call.id)!,
      hasEnd: true,
      isRight: true,
    });
    assertEquals([call.isAnswered, call.resetCode, stream.isClosed], [true, undefined, true]);
    const answer = concat(...call.received);
    assertEquals(answer.length, answerLength);
    assert(answer.every((byte, at) => byte === bodyByte(call.id, at)));
    assertEquals(call.fields, [
      ["content-type", "a/b", "x-id", String(call.id)],
      ["grpc-status", "0", "x-read", "all"],
    ]);
  }

  #begin(): void {
    const length = this.#random.pick(LENGTHS);
    this.#send(this.#client.begin(length));
    this.#bodies.set(Math.max(...this.#client.calls.keys()), length);
  }

  #sendBody(call: ClientCall, wanted: number): void {
    const sent = this.#bodies.get(call.id)! - call.bodyLeft;
    this.#send(this.#client.sendBody(call, sent, wanted));
  }

  #send(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const end = this.#random.oneIn(2) ? bytes.length : at + 1 + this.#random.below(bytes.length);
      this.#fake.send(bytes.subarray(at, end));
      at = end;
    }
  }

  /** The server's turn ends, and the client takes what it has sent. */
  async #exchange(): Promise<void> {
    this.#send(this.#client.take(await this.#fake.sent()));
  }
}

Deno.test("Session and a client that keeps to the rules get every byte of every call across", async () => {
  await fuzz(CONNECTIONS, async (random) => {
    using run = new Run(random);
    for (let step = 0; step < STEPS; step++) await run.step();
    await run.finish();
  });
});
