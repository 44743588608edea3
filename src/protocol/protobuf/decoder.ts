/**
 * Decodes messages as protobuf-es does, several times as fast: into what `create()` makes, without its
 * being asked. What is unusual about a type or about the bytes is left to protobuf-es, and so is every
 * error.
 *
 * @module
 */

import { create, type DescField, type DescMessage, fromBinary, type Message } from "../../deps.ts";
import { ByteReader } from "./byte_reader.ts";
import {
  createFieldReaders,
  type MessageReader,
  type ReadField,
  type ReadMessage,
} from "./field_readers.ts";
import { UNFIT } from "./unfit.ts";
import { isUsual } from "./usual.ts";

/**
 * Decodes a message. Fields that its schema does not know are dropped.
 *
 * @throws {Error} What protobuf-es throws, if the bytes are no such message.
 */
export type Decode = (bytes: Uint8Array) => Message;

/** `google.protobuf.Edition.EDITION_PROTO3`. */
const EDITION_PROTO3 = 999;
/** How many messages may be within each other. */
const MAX_DEPTH = 100;
/** Tags below have their readers in an array. */
const SHORT_TAGS = 128;

/** Each field that is unknown costs an object: 4 MiB of them would hold up the server for seconds. */
const OPTIONS = { readUnknownFields: false };

/** Makes what decodes messages of a type. */
export function createDecoder(desc: DescMessage): Decode {
  const byProtobufEs: Decode = (bytes) => fromBinary(desc, bytes, OPTIONS);
  if (!isUsual(desc, isUsualField)) return byProtobufEs;
  const messages = new MessageReaders().find(desc);
  return (bytes) => {
    try {
      const reader = new ByteReader(bytes);
      const message = messages.create();
      messages.read(reader, message, 1);
      return message as unknown as Message;
    } catch {
      return byProtobufEs(bytes);
    }
  };
}

/** What reads messages of the types that one of them leads to. */
class MessageReaders {
  readonly #found = new Map<DescMessage, MessageReader>();

  find(desc: DescMessage): MessageReader {
    const known = this.#found.get(desc);
    if (known !== undefined) return known;
    const short: (ReadField | undefined)[] = new Array(SHORT_TAGS).fill(undefined);
    const long = new Map<number, ReadField>();
    const numbers = new Set(desc.fields.map((field) => field.number));
    const read: ReadField = (reader, message, depth) => {
      if (depth > MAX_DEPTH) throw UNFIT;
      while (!reader.isAtEnd) {
        const tag = reader.tag();
        const readField = tag < SHORT_TAGS ? short[tag] : long.get(tag);
        if (readField !== undefined) readField(reader, message, depth);
        // A known field of another type is odd, and so is a field 0.
        else if (numbers.has(tag >>> 3) || tag < 8) throw UNFIT;
        else reader.skip(tag & 7);
      }
    };
    const messages = { create: createMaker(desc), read };
    // Before the fields: a type may have itself in it.
    this.#found.set(desc, messages);
    for (const field of desc.fields) {
      for (const [tag, readField] of createFieldReaders(field, (type) => this.find(type))) {
        if (tag < SHORT_TAGS) short[tag] = readField;
        else long.set(tag, readField);
      }
    }
    return messages;
  }
}

/** Makes what makes empty messages: all of them have the same properties in the same order. */
function createMaker(desc: DescMessage): () => ReadMessage {
  const template = create(desc) as unknown as ReadMessage;
  const fresh = desc.members.filter((member) =>
    member.kind === "oneof" || member.fieldKind === "list" || member.fieldKind === "map"
  ).map((member) =>
    [
      member.localName,
      member.kind === "oneof" ? "oneof" : member.fieldKind,
    ] as const
  );
  if (fresh.length === 0) return () => ({ ...template });
  return () => {
    const message = { ...template };
    for (const [name, kind] of fresh) {
      message[name] = kind === "list" ? [] : kind === "map" ? {} : { case: undefined };
    }
    return message;
  };
}

/** Messages whose defaults are inherited are made by `create()`, and values of closed enums checked. */
function isUsualField(field: DescField): boolean {
  const { enum: enumeration, parent } = field;
  if (parent.file.edition !== EDITION_PROTO3) return false;
  if ("longAsString" in field && field.longAsString) return false;
  return enumeration?.open !== false;
}
