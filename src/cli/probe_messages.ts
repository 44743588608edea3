/**
 * The messages of `grpc.health.v1.Health` as bytes, and gRPC's envelopes around them. There is one
 * field in each: to load what generated code needs would take longer than the call.
 *
 * @module
 */

import { BinaryReader, BinaryWriter, WireType } from "../deps/wire.ts";

const STATUSES = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];
const HEADER_BYTES = 5;
/** A reply has two bytes; who sends this much is no health service. */
const MAX_REPLY_BYTES = 65_536;

/** A request, in its envelope. */
export function encodeHealthRequest(service: string): Uint8Array {
  const writer = new BinaryWriter();
  if (service !== "") writer.tag(1, WireType.LengthDelimited).string(service);
  const message = writer.finish();
  const envelope = new Uint8Array(HEADER_BYTES + message.length);
  new DataView(envelope.buffer).setUint32(1, message.length);
  envelope.set(message, HEADER_BYTES);
  return envelope;
}

/**
 * Reads a reply.
 *
 * @returns The name of the status; its number, if it is one that there was not yet.
 * @throws {Error} If it is no reply.
 */
export function decodeHealthStatus(message: Uint8Array): string {
  const reader = new BinaryReader(message);
  let status = 0;
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === 1 && wireType === WireType.Varint) status = reader.int32();
    else reader.skip(wireType, number);
  }
  return STATUSES[status] ?? String(status);
}

/** Takes messages out of their envelopes, as the bytes come. */
export class EnvelopeReader {
  #bytes = new Uint8Array();

  /**
   * Takes bytes.
   *
   * @returns The messages that are complete now.
   * @throws {Error} If it is none of gRPC's, or longer than any reply.
   */
  push(bytes: Uint8Array): Uint8Array[] {
    const all = new Uint8Array(this.#bytes.length + bytes.length);
    all.set(this.#bytes);
    all.set(bytes, this.#bytes.length);
    const messages: Uint8Array[] = [];
    let start = 0;
    while (all.length - start >= HEADER_BYTES) {
      const length = new DataView(all.buffer).getUint32(start + 1);
      if (all[start] !== 0) throw new Error("a message is compressed, which was not asked for");
      if (length > MAX_REPLY_BYTES) throw new Error(`a message has ${length} bytes`);
      const end = start + HEADER_BYTES + length;
      if (all.length < end) break;
      messages.push(all.subarray(start + HEADER_BYTES, end));
      start = end;
    }
    this.#bytes = all.slice(start);
    return messages;
  }

  /** Whether a message was cut off. */
  get isAmid(): boolean {
    return this.#bytes.length > 0;
  }
}
