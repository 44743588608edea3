/**
 * Encodes messages as protobuf-es does, byte for byte, and several times as fast: straight from what a
 * handler returned, without a message made of it first, into memory that is there already. What is
 * unusual about a type or a value is left to protobuf-es, and so is every error.
 *
 * @module
 */

import { create, type DescMessage, type MessageInitShape, toBinary } from "../../deps.ts";
import { ByteWriter } from "./byte_writer.ts";
import { createFieldWriter, type Fields, type WriteFields } from "./field_writers.ts";
import { UNFIT } from "./unfit.ts";
import { isUsual } from "./usual.ts";

/**
 * Encodes what a message is made from, or a message.
 *
 * @param prefixBytes How many bytes to leave for the caller before it.
 * @throws {Error} What protobuf-es throws, if it does not fit its schema.
 */
export type Encode = (value: unknown, prefixBytes: number) => Uint8Array;

const writer = new ByteWriter();
/** Whether it is in use, as it is when a getter of what is encoded encodes something itself. */
let isBusy = false;

/** Makes what encodes messages of a type. */
export function createEncoder(desc: DescMessage): Encode {
  const byProtobufEs: Encode = (value, prefixBytes) => {
    const bytes = toBinary(desc, create(desc, value as MessageInitShape<DescMessage>));
    const prefixed = new Uint8Array(prefixBytes + bytes.length);
    prefixed.set(bytes, prefixBytes);
    return prefixed;
  };
  if (!isUsual(desc)) return byProtobufEs;
  const write = new MessageWriters().find(desc);
  return (value, prefixBytes) => {
    if (isBusy) return byProtobufEs(value, prefixBytes);
    isBusy = true;
    writer.begin(prefixBytes);
    try {
      write(writer, value, false);
      return writer.finish();
    } catch {
      writer.abandon();
    } finally {
      isBusy = false;
    }
    return byProtobufEs(value, prefixBytes);
  };
}

/** What writes messages of the types that one of them leads to. */
class MessageWriters {
  readonly #found = new Map<DescMessage, ReturnType<MessageWriters["find"]>>();

  find(desc: DescMessage): (writer: ByteWriter, value: unknown, isInMessage: boolean) => void {
    const known = this.#found.get(desc);
    if (known !== undefined) return known;
    const { typeName } = desc;
    const fields: WriteFields[] = [];
    const write = (writer: ByteWriter, value: unknown, isInMessage: boolean) => {
      if (typeof value !== "object" || value === null || Array.isArray(value)) throw UNFIT;
      const object = value as Fields;
      const isMessage = object.$typeName === typeName;
      // Messages have messages in them, and may have fields that their schema does not know.
      if (isMessage ? object.$unknown !== undefined : isInMessage) throw UNFIT;
      for (let i = 0; i < fields.length; i++) fields[i]!(writer, object, isMessage);
    };
    // Before the fields: a type may have itself in it.
    this.#found.set(desc, write);
    for (const field of desc.fields.toSorted((a, b) => a.number - b.number)) {
      fields.push(createFieldWriter(field, (message) => this.find(message)));
    }
    return write;
  }
}
