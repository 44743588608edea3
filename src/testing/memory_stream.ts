/**
 * An HTTP exchange in memory: on one side the {@linkcode HttpStream} that a server serves, on the other
 * the response that a client reads. It holds back as HTTP/2 does: the request is read no faster than it
 * is taken, and the response is written no further ahead than a window.
 *
 * @module
 */

import {
  Code,
  ConnectError,
  type UniversalClientRequest,
  type UniversalClientResponse,
} from "../deps.ts";
import { ExchangeEnd } from "../client/exchange_end.ts";
import {
  type BodyReader,
  H2_ERROR,
  type HeaderFields,
  headerListBytes,
  type HttpStream,
  mergeFields,
  type ResponseFields,
} from "../http_stream.ts";
import type { Peer } from "../peer.ts";
import { toHeaders } from "../protocol/fields.ts";

/** HTTP/2's own initial window (RFC 9113, section 6.9.2). */
const WINDOW_BYTES = 65_535;

/** Which code HTTP/2's error codes stand for (gRPC over HTTP/2, "Errors"); the others: INTERNAL. */
const CODE_OF_RESET: Readonly<Record<number, Code>> = {
  [H2_ERROR.refusedStream]: Code.Unavailable,
  [H2_ERROR.cancel]: Code.Canceled,
  [H2_ERROR.enhanceYourCalm]: Code.ResourceExhausted,
};

/** One exchange. */
export class MemoryStream implements HttpStream {
  readonly httpVersion = "2.0";
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly headers: HeaderFields;
  readonly headerListBytes: number;
  readonly peer: Peer;
  /** What the client gets: rejects if the exchange ends before the response has begun. */
  readonly response: Promise<UniversalClientResponse>;

  readonly #body: AsyncIterator<Uint8Array> | undefined;
  readonly #respond: (response: UniversalClientResponse) => void;
  readonly #reject: (error: ConnectError) => void;
  readonly #closeListeners: ((errorCode: number | undefined) => void)[] = [];
  readonly #addedFields: ResponseFields = {};
  readonly #pieces: Uint8Array[] = [];
  readonly #trailer = new Headers();
  #waitingBytes = 0;
  #isEnded = false;
  readonly #over = new ExchangeEnd();
  #error: ConnectError | undefined;
  #isPaused = false;
  #onResume: (() => void) | undefined;
  #onPiece: (() => void) | undefined;
  #room: PromiseWithResolvers<void> | undefined;

  constructor({ url, method, header, body, signal }: UniversalClientRequest, peer: Peer) {
    const { host, pathname, search } = new URL(url);
    this.method = method;
    this.path = pathname + search;
    this.authority = host;
    this.peer = peer;
    this.headers = Object.fromEntries(header);
    const pseudo = { ":method": method, ":path": this.path, ":authority": host, ":scheme": "http" };
    this.headerListBytes = headerListBytes(
      Object.entries({ ...pseudo, ...this.headers }).flat() as string[],
    );
    this.#body = body?.[Symbol.asyncIterator]();
    const { promise, resolve, reject } = Promise.withResolvers<UniversalClientResponse>();
    this.response = promise;
    this.#respond = resolve;
    this.#reject = reject;
    const onAbort = () => {
      const reason = ConnectError.from(signal?.reason, Code.Canceled);
      this.#close(H2_ERROR.cancel, reason);
    };
    signal?.addEventListener("abort", onAbort);
    this.onClose(() => signal?.removeEventListener("abort", onAbort));
    if (signal?.aborted) onAbort();
  }

  get body(): AsyncIterable<Uint8Array> {
    return this.#read();
  }

  get closed(): boolean {
    return this.#over.isOver;
  }

  onClose(listener: (errorCode: number | undefined) => void): void {
    this.#closeListeners.push(listener);
  }

  receive(reader: BodyReader): void {
    void this.#pump(reader);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#onResume?.();
  }

  addResponseFields(fields: ResponseFields): void {
    Object.assign(this.#addedFields, fields);
  }

  respond(status: number, fields: ResponseFields, follow: "nothing" | "body" | "trailers"): void {
    if (this.#over.isOver) return;
    this.#respond({
      status,
      header: toHeaders(mergeFields(fields, this.#addedFields)),
      body: this.#deliver(),
      trailer: this.#trailer,
    });
    if (follow === "nothing") this.end();
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#over.isOver || this.#isEnded) return undefined;
    // Its own bytes, as from a socket: what is written may be part of something larger.
    this.#pieces.push(new Uint8Array(bytes));
    this.#waitingBytes += bytes.byteLength;
    this.#onPiece?.();
    if (this.#waitingBytes <= WINDOW_BYTES) return undefined;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  end(trailers?: ResponseFields): void {
    if (this.#over.isOver || this.#isEnded) return;
    this.#isEnded = true;
    if (trailers !== undefined) {
      toHeaders(trailers).forEach((value, name) => this.#trailer.set(name, value));
    }
    this.#onPiece?.();
    // What is in the window is on its way: the server is done with it, whether it is read or not.
    if (this.#waitingBytes <= WINDOW_BYTES) queueMicrotask(() => this.#close(undefined));
  }

  respondWhole(fields: ResponseFields, body: Uint8Array, trailers: ResponseFields): void {
    this.respond(200, fields, "trailers");
    void this.write(body);
    this.end(trailers);
  }

  reset(errorCode: number): void {
    const what = `stream was closed with HTTP/2 error code 0x${errorCode.toString(16)}`;
    const error = new ConnectError(what, CODE_OF_RESET[errorCode] ?? Code.Internal);
    this.#close(errorCode, this.#isEnded && errorCode === H2_ERROR.noError ? undefined : error);
  }

  /** The client's side: what was written, as it is asked for. */
  async *#deliver(): AsyncGenerator<Uint8Array, void, void> {
    try {
      while (true) {
        if (this.#error !== undefined) throw this.#error;
        const piece = this.#pieces.shift();
        if (piece !== undefined) {
          this.#take(piece);
          yield piece;
        } else if (this.#isEnded) return;
        else await new Promise<void>((resolve) => this.#onPiece = resolve);
      }
    } finally {
      // Whoever leaves early resets the stream.
      this.#close(this.#isEnded ? undefined : H2_ERROR.cancel);
    }
  }

  #take({ byteLength }: Uint8Array): void {
    this.#waitingBytes -= byteLength;
    if (this.#waitingBytes > WINDOW_BYTES) return;
    this.#room?.resolve();
    this.#room = undefined;
    if (this.#isEnded) this.#close(undefined);
  }

  /** The server's side, when it asks. What breaks off on the client's side resets the stream. */
  async *#read(): AsyncGenerator<Uint8Array, void, void> {
    while (true) {
      const piece = await this.#next();
      if (piece === undefined) return;
      yield piece;
    }
  }

  /** The server's side, when it is told. */
  async #pump(reader: BodyReader): Promise<void> {
    try {
      while (!this.#over.isOver) {
        if (this.#isPaused) await new Promise<void>((resolve) => this.#onResume = resolve);
        const piece = await this.#next();
        // It may have had enough in the meantime.
        if (this.#isPaused) await new Promise<void>((resolve) => this.#onResume = resolve);
        if (this.#over.isOver || this.#isEnded) return;
        if (piece === undefined) return reader.onEnd();
        reader.onBytes(piece);
      }
    } catch {
      // The exchange is over, and its listeners know.
    }
  }

  /** @returns `undefined` at the end. Rejects once the exchange is over, or if the client fails. */
  async #next(): Promise<Uint8Array | undefined> {
    if (this.#over.isOver) throw new Error("the request broke off");
    let step: IteratorResult<Uint8Array> | undefined;
    try {
      if (this.#body !== undefined) step = await this.#over.orElse(this.#body.next());
    } catch (error) {
      this.#close(H2_ERROR.cancel, ConnectError.from(error));
      throw error;
    }
    if (this.#over.isOver) throw new Error("the request broke off");
    return step?.done === false ? step.value : undefined;
  }

  /** @param error What the client gets, unless it has it all. */
  #close(errorCode: number | undefined, error?: ConnectError): void {
    if (this.#over.isOver) return;
    this.#over.finish();
    this.#error = error;
    if (error !== undefined) {
      this.#pieces.length = 0;
      this.#reject(error);
    }
    this.#onPiece?.();
    this.#onResume?.();
    this.#room?.resolve();
    for (const listener of this.#closeListeners.splice(0)) listener(errorCode);
  }
}
