/**
 * A stream of the kit's own HTTP/2 as an {@linkcode HttpStream}.
 *
 * @module
 */

import { ServerStream } from "../http2/server_stream.ts";
import type { Carrier, StreamInit } from "../http2/server_stream.ts";
import {
  H2_ERROR,
  type HeaderFields,
  type HttpStream,
  mergeFields,
  type ResponseFields,
} from "../http_stream.ts";
import { callLog } from "../log.ts";
import type { Peer } from "../peer.ts";

/** One HTTP/2 stream on the server's side. */
export class DirectStream extends ServerStream implements HttpStream {
  readonly httpVersion = "2.0";
  rosterIndex = -1;
  readonly peer: Peer;
  #addedFields: ResponseFields | undefined;

  constructor(carrier: Carrier, init: StreamInit, peer: Peer) {
    super(carrier, init);
    this.peer = peer;
  }

  get method(): string {
    return this.header.method!;
  }

  get path(): string {
    return this.header.path ?? "";
  }

  get authority(): string {
    return this.header.authority ?? this.header.record.host ?? "";
  }

  get headers(): HeaderFields {
    return this.header.record;
  }

  get headerListBytes(): number {
    return this.header.bytes;
  }

  get closed(): boolean {
    return this.isClosed;
  }

  get body(): AsyncIterable<Uint8Array> {
    return readBody(this);
  }

  addResponseFields(fields: ResponseFields): void {
    this.#addedFields = { ...this.#addedFields, ...fields };
  }

  override respondWhole(
    fields: ResponseFields,
    body: Uint8Array,
    trailers: ResponseFields,
  ): void {
    const added = this.#addedFields;
    try {
      super.respondWhole(added === undefined ? fields : mergeFields(fields, added), body, trailers);
    } catch (error) {
      this.giveUp(error);
    }
  }

  respond(
    status: number,
    fields: ResponseFields,
    follow: "nothing" | "body" | "trailers",
  ): void {
    const added = this.#addedFields;
    try {
      this.sendHeader(
        status,
        added === undefined ? fields : mergeFields(fields, added),
        follow === "nothing",
      );
    } catch (error) {
      this.giveUp(error);
    }
  }

  /** What cannot be sent ends the stream. */
  giveUp(error: unknown): void {
    // Whoever reports on the call knows what this code means.
    const isTooLong = error instanceof RangeError;
    if (!isTooLong) callLog.error("Cannot send a response: {error}", { error });
    this.reset(isTooLong ? H2_ERROR.frameSizeError : H2_ERROR.internalError);
    // At once, for a lane that finds it closed takes it to be told of.
    this.tellClosed();
  }
}

/** Bytes of a request as they are asked for. Leaving early stops the reading. */
async function* readBody(stream: DirectStream): AsyncGenerator<Uint8Array, void, void> {
  const pieces: Uint8Array[] = [];
  let isEnded = false;
  let wake: (() => void) | undefined;
  const next = () => {
    wake?.();
    wake = undefined;
  };
  stream.onClose((errorCode) => {
    if (errorCode === undefined) isEnded = true;
    next();
  });
  stream.receive({
    onBytes: (bytes) => {
      pieces.push(bytes);
      stream.pause();
      next();
    },
    onEnd: () => {
      isEnded = true;
      next();
    },
  });
  try {
    while (true) {
      const piece = pieces.shift();
      if (piece !== undefined) yield piece;
      else if (isEnded) return;
      else if (stream.closed) throw new Error("the request breaks off");
      else {
        const woken = new Promise<void>((resolve) => wake = resolve);
        stream.resume();
        await woken;
      }
    }
  } finally {
    stream.pause();
  }
}
