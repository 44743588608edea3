/**
 * The files that describe services and messages, by what is in them, and as the bytes in which
 * `grpc.reflection` sends them. Built once; later it is only looked up.
 *
 * @module
 */

import { type DescFile, toBinary } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import { serverLog } from "./log.ts";

/** Finds the file that declares a name, and the files that it imports. */
export class DescriptorIndex {
  readonly #files = new Map<string, DescFile>();
  readonly #symbols = new Map<string, DescFile>();
  readonly #extensions = new Map<string, Map<number, DescFile>>();
  readonly #encoded = new WeakMap<DescFile, Uint8Array>();

  /** Takes in files with all that they import. */
  constructor(files: Iterable<DescFile>) {
    // A set hands out what is added to it meanwhile: files first, then what they import.
    const all = new Set(files);
    for (const file of all) {
      this.#add(file);
      for (const imported of file.dependencies) all.add(imported);
    }
  }

  /** The file of a name, such as `google/protobuf/any.proto`. */
  file(name: string): DescFile | undefined {
    return this.#files.get(name);
  }

  /**
   * The file that declares a symbol.
   *
   * @param name Full name of a message, enum, service or extension, or of a method, field, oneof or
   *   value in one of them.
   */
  fileOfSymbol(name: string): DescFile | undefined {
    return this.#symbols.get(name);
  }

  /** The file that declares the extension of a message with a number. */
  fileOfExtension(message: string, number: number): DescFile | undefined {
    return this.#extensions.get(message)?.get(number);
  }

  /**
   * The numbers of a message's extensions, in order.
   *
   * @returns `undefined` if no such name is known.
   */
  extensionNumbers(message: string): number[] | undefined {
    const byNumber = this.#extensions.get(message);
    if (byNumber !== undefined) return [...byNumber.keys()].sort((a, b) => a - b);
    return this.#symbols.has(message) ? [] : undefined;
  }

  /**
   * A file and all that it imports, itself first.
   *
   * @param sent What the client has already, which is left out unless it is the file itself. Told of
   *   those that are returned.
   * @returns Each as the bytes of a `google.protobuf.FileDescriptorProto`.
   */
  encodeWithImports(file: DescFile, sent: Set<DescFile>): Uint8Array[] {
    const wanted = new Set([file]);
    for (const { dependencies } of wanted) {
      for (const imported of dependencies) if (!sent.has(imported)) wanted.add(imported);
    }
    return Array.from(wanted, (each) => {
      sent.add(each);
      return this.#encode(each);
    });
  }

  #encode(file: DescFile): Uint8Array {
    let bytes = this.#encoded.get(file);
    if (bytes === undefined) {
      bytes = toBinary(FileDescriptorProtoSchema, file.proto);
      this.#encoded.set(file, bytes);
    }
    return bytes;
  }

  /** The first of a name is the one that is found: files of services come before their imports. */
  #add(file: DescFile): void {
    const { name, package: scope, messageType, enumType, extension, service } = file.proto;
    const known = this.#files.get(name);
    if (known !== undefined && !equal(this.#encode(known), this.#encode(file))) {
      serverLog.warn("Two files named {file} differ: reflection clients mix them up", {
        file: name,
      });
    }
    if (known === undefined) this.#files.set(name, file);
    const add = (symbol: string) => {
      if (!this.#symbols.has(symbol)) this.#symbols.set(symbol, file);
    };
    const addEnum = (scope: string, { name, value }: EnumDescriptorProto) => {
      add(join(scope, name));
      // Values are named beside their enum, as in C++.
      for (const { name } of value) add(join(scope, name));
    };
    const addExtension = (scope: string, { name, number, extendee }: FieldDescriptorProto) => {
      add(join(scope, name));
      const byNumber = this.#extensions.getOrInsertComputed(withoutDot(extendee), () => new Map());
      if (!byNumber.has(number)) byNumber.set(number, file);
    };
    const addMessage = (scope: string, message: DescriptorProto) => {
      const fullName = join(scope, message.name);
      add(fullName);
      for (const { name } of message.field) add(join(fullName, name));
      for (const { name } of message.oneofDecl) add(join(fullName, name));
      for (const each of message.nestedType) addMessage(fullName, each);
      for (const each of message.enumType) addEnum(fullName, each);
      for (const each of message.extension) addExtension(fullName, each);
    };
    for (const each of messageType) addMessage(scope, each);
    for (const each of enumType) addEnum(scope, each);
    for (const each of extension) addExtension(scope, each);
    for (const { name, method } of service) {
      const fullName = join(scope, name);
      add(fullName);
      for (const { name } of method) add(join(fullName, name));
    }
  }
}

/** A full name as it is without the dot that may stand before it. */
export function withoutDot(name: string): string {
  return name.startsWith(".") ? name.slice(1) : name;
}

function join(scope: string, name: string): string {
  return scope === "" ? name : `${scope}.${name}`;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
