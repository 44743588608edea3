/**
 * Messages as bytes: the requests of the example service, and the envelopes in which gRPC, gRPC-Web
 * and Connect streams put them, a byte of flags, four of length, and so much data.
 *
 * @module
 */

import { create, toBinary } from "@bufbuild/protobuf";
import { SayHelloRequestSchema } from "../../gen/greeter/v1/greeter_pb.ts";

/** One envelope. */
export interface Envelope {
  readonly flags: number;
  readonly data: Uint8Array;
}

/** A request of the example service. */
export function sayHelloRequest(name: string): Uint8Array<ArrayBuffer> {
  return toBinary(SayHelloRequestSchema, create(SayHelloRequestSchema, { name }));
}

/** Puts data into an envelope; flags and length may lie. */
export function envelope(
  data: Uint8Array,
  { flags = 0, length = data.length }: { flags?: number; length?: number } = {},
): Uint8Array {
  const enveloped = new Uint8Array(5 + data.length);
  enveloped[0] = flags;
  new DataView(enveloped.buffer).setUint32(1, length);
  enveloped.set(data, 5);
  return enveloped;
}

/** Takes all whole envelopes out of a body. */
export function openEnvelopes(body: Uint8Array): Envelope[] {
  const envelopes: Envelope[] = [];
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  for (let at = 0; at + 5 <= body.length;) {
    const end = at + 5 + view.getUint32(at + 1);
    envelopes.push({ flags: body[at]!, data: body.subarray(at + 5, end) });
    at = end;
  }
  return envelopes;
}
