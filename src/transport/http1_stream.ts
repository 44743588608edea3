/**
 * A request and response of HTTP/1.1 as an {@linkcode HttpStream}.
 *
 * @module
 */

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import {
  type BodyReader,
  H2_ERROR,
  headerListBytes,
  type HttpStream,
  mergeFields,
  type ResponseFields,
} from "../http_stream.ts";
import type { Peer } from "../peer.ts";
import { readBytes } from "./read_bytes.ts";

/** How long the rest of a request may still come in after its answer. */
const REST_MS = 500;

/** One exchange of HTTP/1.1 on the server's side. */
export class Http1Stream implements HttpStream {
  readonly httpVersion: string;
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly headers: IncomingHttpHeaders;
  readonly headerListBytes: number;
  readonly peer: Peer;

  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #isDraining: () => boolean;
  readonly #addedFields: ResponseFields = {};
  #onRoom: (() => void) | undefined;
  #ended = false;
  #restIsOver = false;
  #unwritten = 0;

  /** @param isDraining Whether the connection is to be closed after this response. */
  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    peer: Peer,
    isDraining: () => boolean,
  ) {
    this.#request = request;
    this.#response = response;
    this.#isDraining = isDraining;
    this.httpVersion = request.httpVersion;
    this.method = request.method ?? "";
    this.path = request.url ?? "";
    this.authority = request.headers.host ?? "localhost";
    this.headers = request.headers;
    this.headerListBytes = headerListBytes(request.rawHeaders);
    this.peer = peer;
    request.on("error", () => {});
    response.on("error", () => {});
    response.on("drain", () => this.#onRoom?.());
  }

  get body(): AsyncIterable<Uint8Array> {
    return readBytes(this.#request);
  }

  get closed(): boolean {
    return this.#response.closed || this.#response.destroyed;
  }

  onClose(listener: (errorCode: number | undefined) => void): void {
    this.#response.once("close", () => {
      this.#onRoom?.();
      listener(this.#response.writableFinished ? undefined : H2_ERROR.cancel);
    });
  }

  receive(reader: BodyReader): void {
    this.#request.on("data", (bytes: Uint8Array) => reader.onBytes(bytes));
    this.#request.on("end", () => reader.onEnd());
  }

  pause(): void {
    this.#request.pause();
  }

  resume(): void {
    this.#request.resume();
  }

  addResponseFields(fields: ResponseFields): void {
    Object.assign(this.#addedFields, fields);
  }

  respond(status: number, fields: ResponseFields, follow: "nothing" | "body" | "trailers"): void {
    if (this.closed) return;
    // A body that is not read to its end would be taken for the next request.
    const isLast = !this.#request.complete || this.#isDraining();
    this.#response.writeHead(status, {
      ...mergeFields(fields, this.#addedFields),
      ...(isLast ? { connection: "close" } : {}),
    });
    if (follow === "nothing") this.end();
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.closed || this.#ended) return undefined;
    this.#unwritten++;
    if (this.#response.write(bytes, () => this.#noteWritten())) return undefined;
    return new Promise((resolve) => this.#onRoom = resolve);
  }

  end(trailers?: ResponseFields): void {
    if (this.closed || this.#ended) return;
    this.#ended = true;
    if (trailers !== undefined) this.#response.addTrailers(trailers as Record<string, string>);
    if (this.#request.complete) this.#response.end();
    else this.#endAfterRest();
  }

  respondWhole(fields: ResponseFields, body: Uint8Array, trailers: ResponseFields): void {
    this.respond(200, fields, "trailers");
    void this.write(body);
    this.end(trailers);
  }

  reset(): void {
    this.#response.destroy();
  }

  /**
   * An answer may come before the request is read, and its end closes the connection. Not at once: a
   * client that still sends would meet a reset, and lose the answer (RFC 9112, section 9.6).
   */
  #endAfterRest(): void {
    const finish = () => {
      clearTimeout(timer);
      this.#restIsOver = true;
      if (this.#unwritten === 0) this.#response.end();
    };
    const timer = setTimeout(finish, REST_MS);
    this.#request.once("end", finish);
    this.#response.once("close", () => clearTimeout(timer));
    this.#request.resume();
  }

  /** Deno 2.9 never ends a response over TLS that is ended while its last bytes are being written. */
  #noteWritten(): void {
    this.#unwritten--;
    if (this.#unwritten === 0 && this.#restIsOver) this.#response.end();
  }
}
