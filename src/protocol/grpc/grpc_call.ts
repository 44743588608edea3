/**
 * One call of gRPC over HTTP/2: its request comes in through here, its reply goes out. Nothing is
 * made for it that it does not use.
 *
 * @module
 */

import {
  Code,
  type Compression,
  compressionNegotiate,
  ConnectError,
  type ContextValues,
  createContextValues,
  type Message,
} from "../../deps.ts";
import type { Call } from "../../call.ts";
import { ServiceContext, type ServiceContextInit } from "../../context.ts";
import type { BodyReader, HttpStream } from "../../http_stream.ts";
import { CALL } from "../../interceptor_context.ts";
import { COMPRESSIONS } from "../compression.ts";
import { failWith } from "../failure.ts";
import { toHeaders } from "../fields.ts";
import { boundLastWords } from "../last_words.ts";
import { EnvelopeParser, type EnvelopeReader } from "./envelope_parser.ts";
import { type Codec, extraMessage, type GrpcMethod, missingMessage } from "./grpc_method.ts";
import { GrpcReply } from "./grpc_reply.ts";
import { invokeWithInterceptors } from "./intercepted.ts";
import { type Envelope, type RequestSource, RequestStream } from "./request_stream.ts";

const COMPRESSED_FLAG = 0b0000_0001;
const ACCEPT_ENCODING = "grpc-accept-encoding";

/** What a {@linkcode GrpcCall} is made from. */
export interface GrpcCallInit {
  readonly stream: HttpStream;
  readonly call: Call;
  readonly method: GrpcMethod;
  readonly codec: Codec;
}

/** Serves one call. */
export class GrpcCall implements BodyReader, EnvelopeReader, RequestSource, ServiceContextInit {
  readonly call: Call;
  readonly stream: HttpStream;
  readonly method: GrpcMethod;
  /** The error that the client was sent, `undefined` for OK. */
  sentError: ConnectError | undefined;
  readonly #codec: Codec;
  readonly #parser: EnvelopeParser;
  readonly #reply: GrpcReply;
  #requestCompression: Compression | null = null;
  /** The one request of a method that has one. */
  #request: Envelope | undefined;
  #requests: RequestStream | undefined;
  #replies: AsyncIterator<unknown> | undefined;
  #isOver = false;
  #metadata: Headers | undefined;
  #values: ContextValues | undefined;

  constructor({ stream, call, method, codec }: GrpcCallInit) {
    this.stream = stream;
    this.call = call;
    this.method = method;
    this.#codec = codec;
    this.#reply = new GrpcReply(stream, codec, method.maxSendBytes);
    this.#parser = new EnvelopeParser(method.maxReceiveBytes, this);
  }

  /** Begins to read the request. */
  start(): void {
    this.call.onCancel = (reason) => this.fail(reason);
    try {
      this.call.check();
      this.#negotiate();
    } catch (error) {
      return this.fail(error);
    }
    if (this.method.readsAsStream) {
      this.#requests = new RequestStream(this);
      this.#invoke(this.#requests);
    }
    this.stream.receive(this);
  }

  get signal(): AbortSignal {
    return this.call.signal;
  }

  get metadata(): Headers {
    if (this.#metadata === undefined) {
      this.#metadata = toHeaders(this.stream.headers);
      // The timeout that counts is the call's.
      this.#metadata.delete("grpc-timeout");
    }
    return this.#metadata;
  }

  get responseHeaders(): Headers {
    return this.#reply.headers;
  }

  get responseTrailers(): Headers {
    return this.#reply.trailers;
  }

  get values(): ContextValues {
    return this.#values ??= createContextValues().set(CALL, this.call);
  }

  onBytes(bytes: Uint8Array): void {
    if (this.#isOver) return;
    try {
      this.#parser.push(bytes);
    } catch (error) {
      this.fail(error);
    }
  }

  onEnd(): void {
    if (this.#isOver) return;
    if (this.#parser.isAmid) {
      this.fail(new ConnectError("protocol error: incomplete envelope", Code.InvalidArgument));
    } else if (this.#requests !== undefined) {
      this.#requests.end();
    } else if (this.#request === undefined) {
      this.fail(missingMessage(this.method));
    } else this.#invokeWith(this.#request);
  }

  onEnvelope(flags: number, data: Uint8Array): void {
    if (this.#isOver) return;
    if (this.#requests !== undefined) this.#requests.push(flags, data);
    else if (this.#request === undefined) this.#request = { flags, data };
    else throw extraMessage(this.method);
  }

  check(): void {
    this.call.check();
  }

  pause(): void {
    this.stream.pause();
  }

  resume(): void {
    this.stream.resume();
  }

  decode({ flags, data }: Envelope): Message | Promise<Message> {
    if ((flags & COMPRESSED_FLAG) === 0) return this.#codec.decode(data);
    if (this.#requestCompression === null) {
      throw new ConnectError(
        "received compressed envelope, but do not know how to decompress",
        Code.Internal,
      );
    }
    return this.#requestCompression.decompress(data, this.method.maxReceiveBytes)
      .then((bytes) => this.#codec.decode(bytes));
  }

  /** Ends the call with an error, unless it is over. */
  fail(thrown: unknown): void {
    if (this.#isOver) return;
    this.#end();
    const error = failWith(this.call, thrown) as ConnectError;
    this.#requests?.fail(error);
    // Not awaited: a generator that is busy returns only when it gets to its next yield.
    if (this.#replies !== undefined) void stop(this.#replies, this.call);
    this.#reply.fail(error);
    this.sentError = error;
  }

  #end(): void {
    this.#isOver = true;
    // A client that stopped reading would keep the stream for ever, were it not reset.
    this.call.onCancel = () => boundLastWords(this.stream);
    if (this.call.endReason !== undefined) boundLastWords(this.stream);
  }

  /** Whoever reads on, beside a handler that has returned, meets an end. */
  #succeed(): void {
    this.#end();
    if (this.#requests?.isOpen) {
      this.#requests.fail(new ConnectError("the call is over", Code.Canceled));
    }
  }

  #negotiate(): void {
    const { headers } = this.stream;
    const encoding = headers["grpc-encoding"];
    const accepted = headers[ACCEPT_ENCODING];
    if (encoding === undefined && accepted === undefined) return;
    const { request, response, error } = compressionNegotiate(
      COMPRESSIONS as Compression[],
      textOf(encoding),
      textOf(accepted),
      ACCEPT_ENCODING,
    );
    this.#reply.compression = response;
    if (error !== undefined) throw error;
    this.#requestCompression = request;
  }

  #invokeWith(envelope: Envelope): void {
    try {
      const request = this.decode(envelope);
      if (!(request instanceof Promise)) return this.#invoke(request);
      request.then((message) => this.#invoke(message)).catch((error) => this.fail(error));
    } catch (error) {
      this.fail(error);
    }
  }

  #invoke(request: Message | RequestStream): void {
    if (this.#isOver) return;
    const { observed } = this.call;
    if (observed === undefined) this.#enter(request);
    else observed.run(() => this.#enter(request));
  }

  #enter(request: Message | RequestStream): void {
    try {
      this.call.check();
      if (this.method.interceptors.length > 0) {
        return void this.#sendAll(invokeWithInterceptors(this, request));
      }
      const reply = this.method.spec.handler(request as never, new ServiceContext(this));
      if (!this.method.hasSingleReply) return void this.#sendAll(reply as AsyncIterable<unknown>);
      if (isThenable(reply)) reply.then((message) => this.#sendOnly(message), (e) => this.fail(e));
      else this.#sendOnly(reply);
    } catch (error) {
      this.fail(error);
    }
  }

  #sendOnly(message: unknown): void {
    if (this.#isOver) return;
    try {
      this.call.check();
      const bytes = this.#reply.encode(message);
      if (bytes instanceof Promise) {
        return void bytes.then((packed) => this.#finishWith(packed)).catch((e) => this.fail(e));
      }
      this.#finishWith(bytes);
    } catch (error) {
      this.fail(error);
    }
  }

  #finishWith(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#succeed();
    this.sentError = this.#reply.finishWith(bytes);
  }

  async #sendAll(replies: AsyncIterable<unknown>): Promise<void> {
    try {
      const iterator = replies[Symbol.asyncIterator]();
      this.#replies = iterator;
      while (true) {
        this.call.check();
        const { done, value } = await iterator.next();
        if (this.#isOver) return;
        this.call.check();
        if (done) break;
        const bytes = this.#reply.encode(value);
        const envelope = bytes instanceof Promise ? await bytes : bytes;
        if (this.#isOver) return;
        const room = this.#reply.write(envelope);
        if (room !== undefined) await room;
        if (this.#isOver) return;
      }
    } catch (error) {
      return this.fail(error);
    }
    this.#replies = undefined;
    this.#succeed();
    this.sentError = this.#reply.finish();
  }
}

/** Whatever it throws, nobody is left to tell. */
async function stop(replies: AsyncIterator<unknown>, { observed }: Call): Promise<void> {
  const end = () => replies.return?.();
  try {
    await (observed === undefined ? end() : observed.run(end));
  } catch {
    // The call has its error.
  }
}

function textOf(field: string | readonly string[] | undefined): string | null {
  return field === undefined ? null : String(field);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === "function";
}
