/**
 * The values that options have, read from their messages by reflection: those that descriptor.proto
 * knows, and extensions, which are kept as unknown fields. How they are laid out is `options.ts`'s.
 *
 * @module
 */

import {
  BinaryReader,
  type DescEnum,
  type DescExtension,
  type DescField,
  fromBinary,
  getExtension,
  type Message,
  reflect,
  type ReflectMessage,
  ScalarType,
  WireType,
} from "../deps.ts";
import type { ExtensionIndex } from "./extension_index.ts";
import { floatLiteral, quote, quoteBytes } from "./literals.ts";

/** A value: a literal, a message, or a list of values. */
export type OptionValue = string | readonly OptionField[] | {
  readonly list: readonly OptionValue[];
};

/** A field of a message that is set. */
export interface OptionField {
  /** Of the field, or the full name of the extension. */
  readonly name: string;
  readonly number: number;
  readonly isExtension: boolean;
  readonly value: OptionValue;
}

/** Reads options; `owner` names what has them, for errors. */
export class OptionReader {
  readonly #extensions: ExtensionIndex;
  readonly #owner: string;

  constructor(extensions: ExtensionIndex, owner: string) {
    this.#extensions = extensions;
    this.#owner = owner;
  }

  /**
   * The fields of a message that are set, in the order of their declaration, then extensions.
   *
   * @throws {TypeError} If something is set that no file in reach declares.
   */
  read(message: ReflectMessage): OptionField[] {
    const known = message.fields.filter((field) => message.isSet(field)).map((field) => ({
      name: field.name,
      number: field.number,
      isExtension: false,
      value: this.#fieldValue(message, field),
    }));
    const numbers = new Set(message.getUnknown()?.map(({ no }) => no));
    const extended = [...numbers].map((number) => this.#extension(message, number));
    return [...known, ...extended];
  }

  #fieldValue(message: ReflectMessage, field: DescField): OptionValue {
    if (field.fieldKind === "list") {
      return { list: Array.from(message.get(field), (each) => this.#single(field, each)) };
    }
    if (field.fieldKind !== "map") return this.#single(field, message.get(field));
    const entry = (name: string, number: number, value: OptionValue): OptionField => (
      { name, number, isExtension: false, value }
    );
    return {
      list: Array.from(message.get(field), ([key, value]) => [
        entry("key", 1, scalarLiteral(field.mapKey, key)),
        entry("value", 2, this.#single(field, value)),
      ]),
    };
  }

  #extension(message: ReflectMessage, number: number): OptionField {
    const { typeName } = message.desc;
    const extension = this.#extensions.get(typeName, number);
    if (!extension) {
      throw new TypeError(
        `Cannot write the options of "${this.#owner}": field ${number} of ${typeName} is unknown; ` +
          `import the file that declares it as an extension`,
      );
    }
    return {
      name: extension.typeName,
      number,
      isExtension: true,
      value: this.#extensionValue(message, extension),
    };
  }

  #extensionValue({ message, desc }: ReflectMessage, extension: DescExtension): OptionValue {
    const unknown = (message.$unknown ?? []).filter(({ no }) => no === extension.number);
    if (extension.message && unknown.every((each) => each.wireType === WireType.LengthDelimited)) {
      // The public way to an extension's value would unwrap google.protobuf's wrappers and Struct.
      const pieces = unknown.map(({ data }) => new BinaryReader(data).bytes());
      const { message: type } = extension;
      const read = (bytes: Uint8Array) => this.read(reflect(type, fromBinary(type, bytes)));
      return extension.fieldKind === "list" ? { list: pieces.map(read) } : read(join(pieces));
    }
    const value: unknown = getExtension(message as Message<typeof desc.typeName>, extension);
    const single = (each: unknown): OptionValue => {
      const isMessage = extension.message !== undefined;
      return this.#single(
        extension,
        isMessage ? reflect(extension.message, each as Message) : each,
      );
    };
    return extension.fieldKind === "list"
      ? { list: (value as readonly unknown[]).map(single) }
      : single(value);
  }

  #single(field: DescField | DescExtension, value: unknown): OptionValue {
    if (field.message) return this.read(value as ReflectMessage);
    if (field.enum) return this.#enumLiteral(field.enum, value as number);
    return scalarLiteral(field.scalar!, value);
  }

  #enumLiteral(type: DescEnum, number: number): string {
    const known = type.value[number];
    if (known) return known.name;
    throw new TypeError(
      `Cannot write the options of "${this.#owner}": ${type.typeName} has no value ${number}`,
    );
  }
}

function scalarLiteral(type: ScalarType, value: unknown): string {
  switch (type) {
    case ScalarType.STRING:
      return quote(value as string);
    case ScalarType.BYTES:
      return quoteBytes(value as Uint8Array);
    case ScalarType.FLOAT:
    case ScalarType.DOUBLE:
      return floatLiteral(value as number, type === ScalarType.FLOAT);
    default:
      return String(value);
  }
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((size, { length }) => size + length, 0));
  let offset = 0;
  for (const piece of pieces) {
    joined.set(piece, offset);
    offset += piece.length;
  }
  return joined;
}
