/**
 * What goes out for a call: header, messages, and the status among the trailers (gRPC over HTTP/2,
 * "Responses").
 *
 * @module
 */

import {
  Code,
  type Compression,
  ConnectError,
  findTrailerError,
  setTrailerStatus,
} from "../../deps.ts";
import type { HttpStream, ResponseFields } from "../../http_stream.ts";
import { toResponseFields } from "../fields.ts";
import type { Codec } from "./grpc_method.ts";

/** Messages that are shorter than this are sent as they are. */
const COMPRESS_MIN_BYTES = 1024;
const COMPRESSED_FLAG = 0b0000_0001;
const PREFIX_BYTES = 5;

/** The trailers of most calls; frozen, so that they are encoded once. */
const OK_TRAILERS: Readonly<Record<string, string>> = Object.freeze({ "grpc-status": "0" });

/** The reply to one call. */
export class GrpcReply {
  /** By which messages are compressed, if they are long enough. */
  compression: Compression | null = null;

  readonly #stream: HttpStream;
  readonly #codec: Codec;
  readonly #maxBytes: number;
  #hasHeader = false;
  #headers: Headers | undefined;
  #trailers: Headers | undefined;

  /** @param maxBytes Of a message. */
  constructor(stream: HttpStream, codec: Codec, maxBytes: number) {
    this.#stream = stream;
    this.#codec = codec;
    this.#maxBytes = maxBytes;
  }

  /** The header, for the handler to add to. */
  get headers(): Headers {
    return this.#headers ??= new Headers(this.#defaultFields());
  }

  /** The trailers, for the handler to add to. */
  get trailers(): Headers {
    return this.#trailers ??= new Headers(OK_TRAILERS);
  }

  /**
   * Encodes a message as it is sent.
   *
   * @throws {ConnectError} RESOURCE_EXHAUSTED if it is too long.
   * @throws {Error} If it does not fit its schema.
   */
  encode(message: unknown): Uint8Array | Promise<Uint8Array> {
    const envelope = this.#codec.encode(message, PREFIX_BYTES);
    const length = envelope.length - PREFIX_BYTES;
    if (length > this.#maxBytes) {
      throw new ConnectError(
        `message size ${length} is larger than configured writeMaxBytes ${this.#maxBytes}`,
        Code.ResourceExhausted,
      );
    }
    if (this.compression === null || length < COMPRESS_MIN_BYTES) {
      return writePrefix(envelope, 0);
    }
    return this.compression.compress(envelope.subarray(PREFIX_BYTES)).then((packed) => {
      const whole = new Uint8Array(PREFIX_BYTES + packed.length);
      whole.set(packed, PREFIX_BYTES);
      return writePrefix(whole, COMPRESSED_FLAG);
    });
  }

  /** Sends one of several messages; as {@linkcode HttpStream.write}. */
  write(envelope: Uint8Array): Promise<void> | undefined {
    if (!this.#hasHeader) this.#sendHeader();
    return this.#stream.write(envelope);
  }

  /** Sends the one message, and the end. */
  finishWith(envelope: Uint8Array): ConnectError | undefined {
    this.#stream.respondWhole(this.#headerFields(), envelope, this.#trailerFields());
    return this.#ownError();
  }

  /** Sends the end of several messages. */
  finish(): ConnectError | undefined {
    if (!this.#hasHeader) this.#sendHeader();
    this.#stream.end(this.#trailerFields());
    return this.#ownError();
  }

  /** Sends an error. If nothing else was to be sent, it is all in the header ("Trailers-Only"). */
  fail(error: ConnectError): void {
    const trailers = toResponseFields(setTrailerStatus(this.#trailers ?? new Headers(), error));
    if (!this.#hasHeader && this.#headers === undefined) {
      return this.#stream.respond(200, { ...this.#defaultFields(), ...trailers }, "nothing");
    }
    if (!this.#hasHeader) this.#sendHeader();
    this.#stream.end(trailers);
  }

  #sendHeader(): void {
    this.#hasHeader = true;
    this.#stream.respond(200, this.#headerFields(), "trailers");
  }

  #defaultFields(): Readonly<Record<string, string>> {
    const { headerFields } = this.#codec;
    if (this.compression === null) return headerFields;
    return { ...headerFields, "grpc-encoding": this.compression.name };
  }

  // A client could not read the answer without what the protocol puts there, whatever handlers and
  // interceptors have left of it.

  #headerFields(): ResponseFields {
    const own = this.#defaultFields();
    return this.#headers === undefined ? own : { ...toResponseFields(this.#headers), ...own };
  }

  #trailerFields(): ResponseFields {
    if (this.#trailers === undefined) return OK_TRAILERS;
    return { ...OK_TRAILERS, ...toResponseFields(this.#trailers) };
  }

  /** A handler may have set a status of its own among its trailers. */
  #ownError(): ConnectError | undefined {
    if (this.#trailers === undefined) return undefined;
    try {
      return findTrailerError(this.#trailers);
    } catch {
      return new ConnectError("the status that was sent is malformed", Code.Internal);
    }
  }
}

/** Says what kind of message it is, and how long. */
function writePrefix(envelope: Uint8Array, flags: number): Uint8Array {
  const length = envelope.length - PREFIX_BYTES;
  envelope[0] = flags;
  envelope[1] = length >>> 24;
  envelope[2] = length >>> 16;
  envelope[3] = length >>> 8;
  envelope[4] = length;
  return envelope;
}
