/**
 * A client of HTTP/2 on a bare socket, for what is wrong with HTTP/2 itself: it sends whatever bytes
 * a test gives it, in whatever order, and notes the frames that come back. It has no `node:http2` in
 * it, hence it cannot die of what it does to the server. `http2_client.ts` is simpler where the
 * frames are good, and shows the fields of an answer, which takes a decoder of HPACK.
 *
 * @module
 */

import { envelope, sayHelloRequest } from "./envelopes.ts";
import { FrameResponse } from "./frame_response.ts";
import {
  concat,
  data,
  FLAG,
  FRAME,
  frame,
  grpcFields,
  type HeaderFields,
  headers,
  PREFACE,
  settings,
  windowUpdate,
} from "./http2_frames.ts";

/** A frame that the server sent. */
export interface ReceivedFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Uint8Array;
}

/** Options for {@linkcode FrameClient.connect}. */
export interface FrameClientOptions {
  /** Port on the loopback. */
  port: number;
  /** PEM of the CA, for TLS. */
  ca?: string;
  /** Flow-control window of each stream. The connection's is always large. */
  streamWindow?: number;
  /**
   * How long to wait for what must come, in milliseconds.
   *
   * @default {10000}
   */
  patienceMs?: number;
  /** Bytes in place of preface, SETTINGS and WINDOW_UPDATE. */
  opening?: Uint8Array;
  /** Gets each piece of a body. */
  onData?: (piece: Uint8Array) => void;
}

const SAY_HELLO = "/greeter.v1.Greeter/SayHello";
const [DEFAULT_WINDOW, MAX_WINDOW] = [65_535, 0x7fff_ffff];

/** One connection. */
export class FrameClient implements AsyncDisposable {
  /** What the server sent, without the payload of DATA. */
  readonly frames: ReceivedFrame[] = [];
  /** Resolves when the server has closed the connection, or we have. */
  readonly closed: Promise<void>;

  readonly #conn: Deno.Conn;
  readonly #patienceMs: number;
  readonly #onData: FrameClientOptions["onData"];
  readonly #responses = new Map<number, FrameResponse>();
  readonly #watchers = new Set<() => void>();
  #sending: Promise<void> = Promise.resolve();
  #isClosed = false;
  #paused: Promise<void> | undefined;
  #nextStreamId = 1;
  /** How much the server still takes, by stream; 0 is the connection. */
  readonly #windows = new Map<number, number>([[0, DEFAULT_WINDOW]]);
  #initialWindow = DEFAULT_WINDOW;

  private constructor(
    conn: Deno.Conn,
    { patienceMs = 10_000, onData }: Omit<FrameClientOptions, "port" | "ca">,
  ) {
    this.#conn = conn;
    this.#patienceMs = patienceMs;
    this.#onData = onData;
    this.closed = this.#read();
  }

  /** Connects, and sends the opening. */
  static async connect(options: FrameClientOptions): Promise<FrameClient> {
    const { port, ca } = options;
    const conn = ca === undefined
      ? await Deno.connect({ hostname: "127.0.0.1", port })
      : await Deno.connectTls({
        hostname: "localhost",
        port,
        caCerts: [ca],
        alpnProtocols: ["h2"],
      });
    return FrameClient.over(conn, options);
  }

  /** Speaks on a connection that is there, and sends the opening. */
  static over(conn: Deno.Conn, options: Omit<FrameClientOptions, "port" | "ca"> = {}): FrameClient {
    const { streamWindow = MAX_WINDOW } = options;
    const client = new FrameClient(conn, options);
    client.send(
      options.opening ?? concat(
        PREFACE,
        // No dynamic table, which we would have to keep; no push.
        settings([1, 0], [2, 0], [4, streamWindow]),
        windowUpdate(0, MAX_WINDOW - DEFAULT_WINDOW),
      ),
    );
    return client;
  }

  /** Sends bytes. Never fails: a server that has closed is told by {@linkcode closed}. */
  send(...parts: readonly Uint8Array[]): Promise<void> {
    const bytes = concat(...parts);
    this.#sending = this.#sending.then(() => this.#writeAll(bytes)).catch(() => {});
    return this.#sending;
  }

  /** Number for the next stream. */
  openStreamId(): number {
    this.#nextStreamId += 2;
    return this.#nextStreamId - 2;
  }

  /** Starts a gRPC call; the body, if any, is all there is. */
  startCall(
    { fields = grpcFields(SAY_HELLO), body }: { fields?: HeaderFields; body?: Uint8Array } = {},
  ): number {
    const streamId = this.openStreamId();
    this.send(
      headers(streamId, fields),
      ...(body === undefined ? [] : [data(streamId, body, true)]),
    );
    return streamId;
  }

  /** Makes a good call of the example service. */
  sayHello(name = "raw"): Promise<FrameResponse> {
    return this.response(this.startCall({ body: envelope(sayHelloRequest(name)) }));
  }

  /** What has come on a stream up to now. */
  received(streamId: number): FrameResponse {
    const response = this.#responses.get(streamId) ?? new FrameResponse();
    this.#responses.set(streamId, response);
    return response;
  }

  /** Waits for the end of a response, good or bad. */
  async response(streamId: number): Promise<FrameResponse> {
    const response = this.received(streamId);
    await this.until(() => response.ended || response.resetCode !== undefined || this.#isClosed);
    return response;
  }

  /** Waits for a frame. */
  async frame(isWanted: (frame: ReceivedFrame) => boolean): Promise<ReceivedFrame> {
    let found: ReceivedFrame | undefined;
    await this.until(() => (found = this.frames.find(isWanted)) !== undefined);
    return found!;
  }

  /** Waits until the server has dealt with all that was sent before. */
  async ping(): Promise<void> {
    const payload = crypto.getRandomValues(new Uint8Array(8));
    this.send(frame(FRAME.ping, 0, 0, payload));
    await this.frame(({ type, flags, payload: echo }) =>
      type === FRAME.ping && flags === FLAG.ack && echo.every((byte, i) => byte === payload[i])
    );
  }

  /**
   * Sends DATA as far as the server's windows allow.
   *
   * @returns How many of the bytes were sent.
   */
  sendWithinWindow(streamId: number, bytes: Uint8Array): number {
    const window = Math.min(this.#window(0), this.#window(streamId), bytes.byteLength);
    if (window <= 0) return 0;
    this.#windows.set(0, this.#window(0) - window);
    this.#windows.set(streamId, this.#window(streamId) - window);
    this.send(data(streamId, bytes.subarray(0, window)));
    return window;
  }

  /** Takes nothing off the socket until {@linkcode resume}. */
  pause(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#paused = promise;
    this.resume = resolve;
  }

  /** Ends {@linkcode pause}. */
  resume: () => void = () => {};

  /** Waits for something that incoming bytes bring about. */
  until(isDone: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const watch = () => {
        if (!isDone()) return this.#isClosed ? end(new Error("connection is closed")) : undefined;
        end();
      };
      const end = (error?: Error) => {
        clearTimeout(timer);
        this.#watchers.delete(watch);
        error === undefined ? resolve() : reject(error);
      };
      const timer = setTimeout(
        () => end(new Error(`nothing after ${this.#patienceMs} ms: ${isDone}`)),
        this.#patienceMs,
      );
      this.#watchers.add(watch);
      watch();
    });
  }

  /** Says that nothing more is sent, and goes on reading. */
  closeWrite(): Promise<void> {
    return this.#conn.closeWrite();
  }

  /** Closes the socket. With bytes in it that were not read, the server gets a TCP reset. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.resume();
    try {
      this.#conn.close();
    } catch {
      // The reading has closed it.
    }
    for (const watch of this.#watchers) watch();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.#sending;
    await this.closed;
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength;) at += await this.#conn.write(bytes.subarray(at));
  }

  async #read(): Promise<void> {
    const chunk = new Uint8Array(65_536);
    let rest: Uint8Array = new Uint8Array();
    try {
      for (let n; (n = await this.#conn.read(chunk)) !== null;) {
        await this.#paused;
        rest = this.#takeFrames(concat(rest, chunk.subarray(0, n)));
        for (const watch of this.#watchers) watch();
      }
    } catch {
      // Reset by the server, or closed by us.
    }
    this.close();
  }

  #takeFrames(bytes: Uint8Array): Uint8Array {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    while (bytes.byteLength - at >= 9) {
      const length = view.getUint32(at) >>> 8;
      if (bytes.byteLength - at < 9 + length) break;
      const [type, flags] = [view.getUint8(at + 3), view.getUint8(at + 4)];
      const streamId = view.getUint32(at + 5) & MAX_WINDOW;
      this.#take({ type, flags, streamId, payload: bytes.subarray(at + 9, at + 9 + length) });
      at += 9 + length;
    }
    return bytes.slice(at);
  }

  #take(received: ReceivedFrame): void {
    const { type, flags, streamId, payload } = received;
    const isData = type === FRAME.data;
    this.frames.push({ ...received, payload: isData ? new Uint8Array() : payload.slice() });
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    if (type === FRAME.settings && flags !== FLAG.ack) this.#acceptSettings(view);
    if (type === FRAME.ping && flags !== FLAG.ack) {
      this.send(frame(FRAME.ping, FLAG.ack, 0, payload));
    }
    if (type === FRAME.windowUpdate) {
      this.#windows.set(streamId, this.#window(streamId) + view.getUint32(0));
    }
    if (streamId === 0) return;
    const response = this.received(streamId);
    if (isData) response.bytes += payload.byteLength;
    if (isData) this.#onData?.(payload.slice());
    if (type === FRAME.headers) response.readHeaderBlock(payload);
    if (type === FRAME.rstStream) response.resetCode = view.getUint32(0);
    if ((isData || type === FRAME.headers) && flags & FLAG.endStream) response.ended = true;
  }

  #acceptSettings(view: DataView): void {
    for (let at = 0; at < view.byteLength; at += 6) {
      if (view.getUint16(at) === 4) this.#initialWindow = view.getUint32(at + 2);
    }
    this.send(frame(FRAME.settings, FLAG.ack, 0));
  }

  #window(streamId: number): number {
    return this.#windows.get(streamId) ?? this.#initialWindow;
  }
}
