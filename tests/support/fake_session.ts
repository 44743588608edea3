/**
 * A session of the kit's own HTTP/2 on a {@linkcode FakeWire}, with a client that is bytes in a test:
 * what comes in is noted as events, what goes out as frames.
 *
 * @module
 */

import type { Http2Error } from "../../src/http2/frames.ts";
import { BufferPool } from "../../src/http2/output.ts";
import { ServerStream } from "../../src/http2/server_stream.ts";
import { Session } from "../../src/http2/session.ts";
import { FakeWire } from "./fake_wire.ts";
import { describeFrame, type ParsedFrame, parseFrames } from "./frame_parser.ts";
import { concat, PREFACE, settings } from "./http2_frames.ts";

/** Options for {@linkcode FakeSession}. */
export interface FakeSessionOptions {
  /** @default {100} */
  readonly maxConcurrentStreams?: number;
  /** Whether the client takes what is sent. @default {true} */
  readonly isRead?: boolean;
  /** What the client sets. @default {[]} */
  readonly settings?: readonly (readonly [id: number, value: number])[];
  /** Serves a stream. @default {() => {}} it is left open */
  readonly onStream?: (stream: ServerStream) => void;
  /** What the client sends first. @default preface and SETTINGS */
  readonly opening?: Uint8Array;
}

/** A session that has begun. */
export class FakeSession implements Disposable {
  readonly wire: FakeWire;
  readonly session: Session;
  readonly pool = new BufferPool();
  /** All that were served. */
  readonly streams: ServerStream[] = [];
  /** `stream 1`, `closed 1`, `reset`, `ready`, `goaway`, `failed 1`, in their order. */
  readonly events: string[] = [];
  takesStreams = true;
  error: Http2Error | undefined;
  #writesSeen = 0;

  constructor(options: FakeSessionOptions = {}) {
    const { maxConcurrentStreams = 100, isRead = true, onStream = () => {} } = options;
    this.wire = new FakeWire(isRead);
    // deno-lint-ignore no-this-alias
    const that = this;
    this.session = new Session(this.wire, {
      get takesStreams() {
        return that.takesStreams;
      },
      createStream: (carrier, init) => new ServerStream(carrier, init),
      onStream: (stream) => {
        this.events.push(`stream ${stream.id}`);
        this.streams.push(stream);
        onStream(stream);
      },
      onStreamClosed: ({ id }) => this.events.push(`closed ${id}`),
      onReset: () => this.events.push("reset"),
      onReady: () => this.events.push("ready"),
      onGoaway: (code) => this.events.push(code === 0 ? "goaway" : `goaway ${code}`),
      onUnsendable: (stream) => stream.reset(2),
      onFailed: (error) => {
        this.error = error;
        this.events.push(`failed ${error.code}`);
        this.session.destroy();
      },
    }, { maxConcurrentStreams, pool: this.pool });
    this.session.start();
    this.send(options.opening ?? concat(PREFACE, settings(...options.settings ?? [])));
  }

  /** The client sends something, in one piece. */
  send(...parts: readonly Uint8Array[]): void {
    this.session.receive(concat(...parts));
  }

  /** The turn ends: what is to go out goes out. */
  async turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** What has gone out since this was asked for last. */
  async sent(): Promise<ParsedFrame[]> {
    await this.turn();
    const fresh = this.wire.writes.slice(this.#writesSeen);
    this.#writesSeen += fresh.length;
    return parseFrames(concat(...fresh));
  }

  /** The same, a line for each frame. */
  async sentLines(): Promise<string[]> {
    return (await this.sent()).map(describeFrame);
  }

  [Symbol.dispose](): void {
    this.session.destroy();
  }
}
