/**
 * The frames in which gRPC, gRPC-Web and Connect streams put their messages: a byte of flags, four
 * of length, and so much data.
 *
 * @module
 */

/** One frame. */
export interface Envelope {
  readonly flags: number;
  readonly data: Uint8Array;
}

/** Puts data into a frame. */
export function envelope(data: Uint8Array, flags = 0): Uint8Array {
  const framed = new Uint8Array(5 + data.length);
  framed[0] = flags;
  new DataView(framed.buffer).setUint32(1, data.length);
  framed.set(data, 5);
  return framed;
}

/** Takes all whole frames out of a body. */
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
