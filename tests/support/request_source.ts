/**
 * A {@linkcode RequestStream} with a source that a test sends by.
 *
 * @module
 */

import { create, type Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { type SayHelloRequest, SayHelloRequestSchema } from "../../gen/greeter/v1/greeter_pb.ts";
import {
  type Envelope,
  type RequestSource,
  RequestStream,
} from "../../src/protocol/grpc/request_stream.ts";

/** Flags of messages: as they are, decoded after a while, or not at all. */
export const PLAIN = 0;
/** See {@linkcode PLAIN}. */
export const SLOW = 1;
/** See {@linkcode PLAIN}. */
export const MALFORMED = 2;
const MALFORMED_ERROR = new ConnectError("cannot decode the request", Code.Internal);
/** Why a call has ended. */
export const OVER: ConnectError = new ConnectError("the time is up", Code.DeadlineExceeded);

/** Where messages come from, a letter each; it notes whether it may send. */
export class Source implements RequestSource {
  readonly stream: RequestStream = new RequestStream(this);
  isPaused = false;
  pauses = 0;
  resumes = 0;
  over: ConnectError | undefined;

  send(text: string, flags: number = PLAIN): void {
    for (const letter of text) this.stream.push(flags, new TextEncoder().encode(letter));
  }

  end(text = ""): void {
    this.send(text);
    this.stream.end();
  }

  fail(): void {
    this.over = OVER;
    this.stream.fail(OVER);
  }

  decode({ flags, data }: Envelope): Message | Promise<Message> {
    if (flags === MALFORMED) throw MALFORMED_ERROR;
    const message = create(SayHelloRequestSchema, { name: new TextDecoder().decode(data) });
    return flags === SLOW ? new Promise((resolve) => setTimeout(resolve, 1, message)) : message;
  }

  check(): void {
    if (this.over !== undefined) throw this.over;
  }

  pause(): void {
    this.isPaused = true;
    this.pauses++;
  }

  resume(): void {
    this.isPaused = false;
    this.resumes++;
  }

  /** What comes next: a letter, `.` for the end, or the message of an error. */
  async next(): Promise<string> {
    try {
      const { done, value } = await this.stream.next();
      return done ? "." : (value as SayHelloRequest).name;
    } catch (error) {
      return (error as ConnectError).rawMessage;
    }
  }

  async nextOnes(count: number): Promise<string> {
    return (await Promise.all(Array.from({ length: count }, () => this.next()))).join("");
  }
}
