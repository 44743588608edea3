/**
 * The files that describe services and messages, by what is in them, and as the bytes in which
 * `grpc.reflection` sends them. Built once; later it is only looked up.
 *
 * @module
 */

import {
  type DescFile,
  type DescriptorProto,
  type FieldDescriptorProto,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  toBinary,
} from "./deps.ts";
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
   * @param sent Names of what the client has already, which is left out unless it is the file itself.
   *   Told of those that are returned.
   * @returns Each as the bytes of a `google.protobuf.FileDescriptorProto`.
   */
  encodeWithImports(file: DescFile, sent: Set<string>): Uint8Array[] {
    const wanted = new Map([[file.proto.name, file]]);
    for (const { dependencies } of wanted.values()) {
      for (const { proto: { name } } of dependencies) {
        // What was sent was sent with all that it imports.
        if (!sent.has(name) && !wanted.has(name)) wanted.set(name, this.#files.get(name)!);
      }
    }
    return Array.from(wanted, ([name, each]) => {
      sent.add(name);
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

  #areSame(a: DescFile, b: DescFile): boolean {
    // Each compiler brings its own, which differ in nothing that matters.
    if (a.proto.name.startsWith("google/protobuf/")) return true;
    const [one, other] = [this.#encode(a), this.#encode(b)];
    return one.length === other.length && one.every((byte, index) => byte === other[index]);
  }

  /** The first of a name is the one that is found: files of services come before their imports. */
  #add(file: DescFile): void {
    const { name } = file.proto;
    const known = this.#files.get(name);
    if (known === undefined) this.#files.set(name, file);
    else if (!this.#areSame(known, file)) {
      serverLog.warn("Reflection clients mix up two files that are both named {file}", {
        file: name,
      });
    }
    for (const symbol of symbolsOf(file.proto)) {
      if (!this.#symbols.has(symbol)) this.#symbols.set(symbol, file);
    }
    for (const { extendee, number } of extensionsIn(scopeOf(file.proto))) {
      const message = withoutDot(extendee);
      const byNumber = this.#extensions.get(message) ?? new Map<number, DescFile>();
      this.#extensions.set(message, byNumber);
      if (!byNumber.has(number)) byNumber.set(number, file);
    }
  }
}

/** Where types are declared: a message, or a file. */
type Scope = Pick<DescriptorProto, "nestedType" | "enumType" | "extension">;

function scopeOf({ messageType, enumType, extension }: FileDescriptorProto): Scope {
  return { nestedType: messageType, enumType, extension };
}

/** Full names of all that a file declares. */
function* symbolsOf(file: FileDescriptorProto): Generator<string> {
  yield* symbolsIn(file.package, scopeOf(file));
  for (const { name, method } of file.service) {
    const service = join(file.package, name);
    yield service;
    for (const { name } of method) yield join(service, name);
  }
}

function* symbolsIn(scope: string, { nestedType, enumType, extension }: Scope): Generator<string> {
  for (const message of nestedType) {
    const full = join(scope, message.name);
    yield full;
    for (const { name } of [...message.field, ...message.oneofDecl]) yield join(full, name);
    yield* symbolsIn(full, message);
  }
  // An enum's values are named beside it, as in C++.
  for (const { name, value } of enumType) {
    yield join(scope, name);
    for (const { name } of value) yield join(scope, name);
  }
  for (const { name } of extension) yield join(scope, name);
}

function* extensionsIn({ nestedType, extension }: Scope): Generator<FieldDescriptorProto> {
  yield* extension;
  for (const message of nestedType) yield* extensionsIn(message);
}

/** A full name as it is without the dot that may stand before it. */
export function withoutDot(name: string): string {
  return name.startsWith(".") ? name.slice(1) : name;
}

function join(scope: string, name: string): string {
  return scope === "" ? name : `${scope}.${name}`;
}
