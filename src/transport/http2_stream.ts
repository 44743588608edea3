/**
 * A stream of `node:http2` as an {@linkcode HttpStream}.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import process from "node:process";
import {
  type BodyReader,
  H2_ERROR,
  headerListBytes,
  type HttpStream,
  mergeFields,
  type ResponseFields,
} from "../http_stream.ts";
import { callLog } from "../log.ts";
import type { Peer } from "../peer.ts";
import { readBytes } from "./read_bytes.ts";

/** How long the rest of a request may still come in after its answer. */
const REST_MS = 100;
/** Messages that are written in one tick go out together, by as many as fill a frame. */
const FRAME_BYTES = 16_384;

/** What a stream needs of its connection. */
export interface Http2Carrier {
  /** Who is at the other end. */
  readonly peer: Peer;
  /** `undefined`, or a promise to wait for while the client does not take what is sent. */
  waitForRoom(): Promise<void> | undefined;
  /** Is told of a stream that its client has reset, or that it made the engine reset. */
  noteReset(): void;
}

/** What `node:http2` tells of a request. */
export interface Http2Request {
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
}

/** One HTTP/2 stream on the server's side. */
export class Http2Stream implements HttpStream {
  readonly httpVersion = "2.0";
  rosterIndex = -1;
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly headers: IncomingHttpHeaders;
  readonly headerListBytes: number;
  readonly peer: Peer;

  readonly #stream: ServerHttp2Stream;
  readonly #connection: Http2Carrier;
  #addedFields: ResponseFields | undefined;
  #trailers: ResponseFields = {};
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #room: Promise<void> | undefined;
  #onRoom: (() => void) | undefined;
  #ended = false;
  #isResetByUs = false;
  #isSent = false;
  #unwritten = 0;

  constructor(
    stream: ServerHttp2Stream,
    { headers, rawHeaders }: Http2Request,
    connection: Http2Carrier,
  ) {
    this.#stream = stream;
    this.#connection = connection;
    this.method = headers[":method"] ?? "";
    this.path = headers[":path"] ?? "";
    this.authority = headers[":authority"] ?? headers.host ?? "localhost";
    this.headers = headers;
    this.headerListBytes = headerListBytes(rawHeaders);
    this.peer = connection.peer;
    // The stream's end is told by "close"; without a listener an error would end the process.
    stream.on("error", nothing);
    stream.once("close", () => {
      const isGivenUp = !this.#isSent && (stream.rstCode || stream.aborted);
      if (isGivenUp && !this.#isResetByUs) connection.noteReset();
    });
    // A reset with NO_ERROR leaves bytes that were not sent, and the stream waiting for them for good.
    // Not at once: this is called from within the native session.
    stream.on("aborted", () => setImmediate(() => stream.destroy()));
  }

  get body(): AsyncIterable<Uint8Array> {
    return readBytes(this.#stream, () => this.#stream.aborted);
  }

  get closed(): boolean {
    return this.#stream.closed || this.#stream.destroyed;
  }

  onClose(listener: (errorCode: number | undefined) => void): void {
    this.#stream.once("close", () => {
      this.#onRoom?.();
      const { rstCode, aborted } = this.#stream;
      if (!this.#ended || aborted) listener(rstCode || H2_ERROR.cancel);
      else listener(rstCode === H2_ERROR.noError ? undefined : rstCode);
    });
  }

  receive(reader: BodyReader): void {
    // A request without a body has told of its end before anybody could listen.
    if (this.#stream.readableEnded) return queueMicrotask(() => reader.onEnd());
    this.#stream.on("data", (bytes: Uint8Array) => reader.onBytes(bytes));
    // One that the client resets is told to end, too.
    this.#stream.on("end", () => this.#stream.aborted || reader.onEnd());
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  addResponseFields(fields: ResponseFields): void {
    this.#addedFields = { ...this.#addedFields, ...fields };
  }

  respond(status: number, fields: ResponseFields, follow: "nothing" | "body" | "trailers"): void {
    if (this.closed) return;
    this.#ended = follow === "nothing";
    if (follow === "trailers") this.#stream.once("wantTrailers", () => this.#sendTrailers());
    const added = this.#addedFields;
    const all = added === undefined ? fields : mergeFields(fields, added);
    this.#stream.respond({ ":status": status, ...all }, {
      endStream: follow === "nothing",
      waitForTrailers: follow === "trailers",
    });
    if (follow === "nothing") this.#noteSent();
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.closed) return undefined;
    this.#held.push(bytes);
    this.#heldBytes += bytes.byteLength;
    if (this.#heldBytes >= FRAME_BYTES) this.#writeHeld();
    else if (this.#held.length === 1) process.nextTick(() => this.#writeHeld());
    return this.#room;
  }

  end(trailers?: ResponseFields): void {
    if (this.closed || this.#ended) return;
    this.#ended = true;
    if (trailers !== undefined) this.#trailers = trailers;
    this.#writeHeld();
    if (this.#unwritten === 0) this.#finish();
  }

  respondWhole(fields: ResponseFields, body: Uint8Array, trailers: ResponseFields): void {
    this.respond(200, fields, "trailers");
    if (this.closed) return;
    this.#ended = true;
    this.#trailers = trailers;
    this.#unwritten++;
    this.#stream.write(body, () => this.#noteWritten());
  }

  reset(errorCode: number): void {
    this.#writeHeld();
    this.#isResetByUs = true;
    this.#stream.close(errorCode);
  }

  #writeHeld(): void {
    if (this.#held.length === 0 || this.closed) return;
    const bytes = this.#held.length === 1 ? this.#held[0]! : Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    this.#unwritten++;
    const isTaken = this.#stream.write(bytes, () => this.#noteWritten());
    // One who does not wait may write more in the meantime.
    if (this.#room !== undefined) return;
    const room = isTaken
      ? this.#connection.waitForRoom()
      : new Promise<void>((resolve) => this.#stream.once("drain", resolve))
        .then(() => this.#connection.waitForRoom());
    if (room === undefined) return;
    this.#room = new Promise((resolve) => {
      this.#onRoom = () => {
        this.#room = undefined;
        resolve();
      };
      void room.then(this.#onRoom);
    });
  }

  #noteWritten(): void {
    this.#unwritten--;
    if (this.#unwritten === 0 && this.#ended) this.#finish();
  }

  /** Not before all is written: a stream that is ending tells no more of a reset with NO_ERROR. */
  #finish(): void {
    if (!this.closed) this.#stream.end(() => this.#noteSent());
  }

  #noteSent(): void {
    this.#isSent = true;
    this.#refuseRest();
  }

  #sendTrailers(): void {
    if (this.closed) return;
    try {
      this.#stream.sendTrailers(this.#trailers);
    } catch (error) {
      callLog.error("Cannot send trailers: {error}", { error });
      this.reset(H2_ERROR.internalError);
    }
  }

  /**
   * An answer may come before the request is read: the client is told to stop (RFC 9113, 8.1). Not at
   * once, for some clients lose the answer if they are told while they still send.
   */
  #refuseRest(): void {
    if (this.#stream.readableEnded) return;
    // RST_STREAM would overtake an answer whose end waits for the client's window, and lose it.
    const isSent = () => this.#stream.state.localClose === 1;
    const timer = setInterval(() => isSent() && this.reset(H2_ERROR.noError), REST_MS);
    this.#stream.once("close", () => clearInterval(timer));
    this.#stream.resume();
    if (this.#stream.listenerCount("readable") === 0) return;
    // A reader that has gone without a word would still be asked to read: resume() does nothing then.
    this.#stream.removeAllListeners("readable");
    setImmediate(() => this.#stream.resume());
  }
}

function nothing(): void {}
