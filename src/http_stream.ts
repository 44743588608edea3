/**
 * The seam between protocols and transport: one HTTP exchange, as an engine hands it over. The
 * protocol rows read and write through it and do not know which engine, or HTTP version, carries it.
 *
 * @module
 */

import type { Peer } from "./peer.ts";

/** Header fields as they came: lower-case names, several values of one name as a list. */
export type HeaderFields = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Header fields to send: lower-case names. */
export type ResponseFields = Record<string, string | string[]>;

/** Takes the body of a request as it comes. */
export interface BodyReader {
  /** Some bytes. */
  onBytes(bytes: Uint8Array): void;
  /** The client has sent all. A body that breaks off ends its exchange instead. */
  onEnd(): void;
}

/** One request and its response, over HTTP/1.1 or HTTP/2. */
export interface HttpStream {
  /** `"1.1"`, `"2.0"`: as the request line or the connection has it. */
  readonly httpVersion: string;
  /** The request's method, such as `POST`. */
  readonly method: string;
  /** Path and query, such as `/greeter.v1.Greeter/SayHello`. */
  readonly path: string;
  /** Host and port that the client called. */
  readonly authority: string;
  /** The request's header fields. HTTP/2's pseudo-fields, such as `:path`, may be among them. */
  readonly headers: HeaderFields;
  /** Length of the request's header list, in bytes as RFC 9113, section 6.5.2, counts them. */
  readonly headerListBytes: number;
  /** Who is at the other end. */
  readonly peer: Peer;
  /**
   * Bytes of the request, read only as fast as they are taken. Leaving early stops the reading. Either
   * this is read, or {@linkcode receive} is called.
   */
  readonly body: AsyncIterable<Uint8Array>;
  /** Whether the exchange is over: answered in full, or reset by either side. */
  readonly closed: boolean;

  /**
   * Calls back once when the exchange is over.
   *
   * @param listener Gets HTTP/2's error code (RFC 9113, section 7) if the peer or the connection
   *   ended it before the response did, `undefined` if all was sent.
   */
  onClose(listener: (errorCode: number | undefined) => void): void;

  /** Hands the body to a reader, between {@linkcode resume} and {@linkcode pause}. It starts at once. */
  receive(reader: BodyReader): void;

  /** Reads no more of the body for now. */
  pause(): void;

  /** Reads on. */
  resume(): void;

  /** Adds header fields to whatever response will be given, such as those of CORS. */
  addResponseFields(fields: ResponseFields): void;

  /**
   * Starts the response. To be called once, before {@linkcode write} and {@linkcode end}.
   *
   * @param follow What comes after the header: `"nothing"`, a `"body"`, or a body and `"trailers"`.
   */
  respond(status: number, fields: ResponseFields, follow: "nothing" | "body" | "trailers"): void;

  /**
   * Sends bytes of the response. On a stream that is closed it does nothing.
   *
   * @returns `undefined` to go on at once, or a promise to wait for: the peer reads slower than we
   *   write. The promise resolves when there is room, and when the stream is closed.
   */
  write(bytes: Uint8Array): Promise<void> | undefined;

  /** Ends the response. What the client still sends is not read. */
  end(trailers?: ResponseFields): void;

  /** Gives a response with status 200 that is all there, to a request that was read to its end. */
  respondWhole(fields: ResponseFields, body: Uint8Array, trailers: ResponseFields): void;

  /** Ends the exchange now, with an error code of HTTP/2; what was not sent is dropped. */
  reset(errorCode: number): void;
}

/** HTTP/2's error codes that the kit sends or reads (RFC 9113, section 7). */
export const H2_ERROR = {
  noError: 0x0,
  internalError: 0x2,
  frameSizeError: 0x6,
  refusedStream: 0x7,
  cancel: 0x8,
  enhanceYourCalm: 0xb,
} as const;

/** Puts fields into a response; those of `vary` are added to what is there. */
export function mergeFields(fields: ResponseFields, added: ResponseFields): ResponseFields {
  const merged = { ...fields, ...added };
  if (fields.vary && added.vary) merged.vary = `${fields.vary}, ${added.vary}`;
  return merged;
}

/** What a field costs besides its name and value (RFC 9113, section 6.5.2). */
const FIELD_BYTES = 32;

/**
 * The length of a header list.
 *
 * @param rawFields Names and values in turn, a byte of the wire being a character.
 */
export function headerListBytes(rawFields: readonly string[]): number {
  let bytes = rawFields.length / 2 * FIELD_BYTES;
  for (const text of rawFields) bytes += text.length;
  return bytes;
}
