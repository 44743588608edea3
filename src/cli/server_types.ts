/**
 * The types of a server, as far as they are known: whatever a call comes across is asked for when it
 * does, with all that it imports.
 *
 * @module
 */

import { ConfigError } from "../config_error.ts";
import {
  AnySchema,
  create,
  createFileRegistry,
  type DescService,
  DurationSchema,
  EmptySchema,
  FieldMaskSchema,
  type FileDescriptorProto,
  FileDescriptorSetSchema,
  type FileRegistry,
  StringValueSchema,
  StructSchema,
  TimestampSchema,
} from "../deps.ts";
import { file_google_rpc_error_details } from "../../gen/google/rpc/error_details_pb.ts";
import type { TypeSource } from "./type_source.ts";

/** What every implementation of protobuf has, and some servers do not send. */
const BUILT_IN: ReadonlyMap<string, FileDescriptorProto> = new Map(
  [
    ...[AnySchema, DurationSchema, EmptySchema, FieldMaskSchema, FileDescriptorSetSchema],
    ...[StringValueSchema, StructSchema, TimestampSchema],
  ].map(({ file: { proto } }) => [proto.name, proto] as const),
);

/** Files that an import may need; more are no schema that anybody has. */
const MAX_FILES = 10_000;

/** The types that are known so far. */
export class ServerTypes {
  readonly #source: TypeSource;
  readonly #files = new Map<string, FileDescriptorProto>();
  /** What was asked for: what is not known will not be later, either. */
  readonly #asked = new Set<string>();
  #registry: FileRegistry = createFileRegistry();

  constructor(source: TypeSource) {
    this.#source = source;
  }

  /** What is known. */
  get registry(): FileRegistry {
    return this.#registry;
  }

  /** @returns `undefined` if there is none of that name. */
  async service(name: string): Promise<DescService | undefined> {
    await this.ensure(name);
    return this.#registry.getService(name);
  }

  /** Gets a service, message, enum or extension by its full name, if it is known. */
  async ensure(name: string): Promise<void> {
    if (this.#registry.get(name) !== undefined) return;
    await this.#askOnce(`symbol ${name}`, () => this.#source.filesOfSymbol(name));
  }

  /** Gets an extension by the name of its message and its number, if it is known. */
  async ensureExtension(message: string, number: number): Promise<void> {
    const key = `extension ${message} ${number}`;
    await this.#askOnce(key, () => this.#source.filesOfExtension(message, number));
  }

  /** Adds the errors of google.rpc, which are sent by servers that do not have them in a service. */
  async addErrorDetails(): Promise<void> {
    await this.#add([file_google_rpc_error_details.proto]);
  }

  /** Adds a file that stands for what is not known. */
  async add(file: FileDescriptorProto): Promise<void> {
    await this.#add([file]);
  }

  async #askOnce(key: string, ask: () => Promise<FileDescriptorProto[]>): Promise<void> {
    if (this.#asked.has(key)) return;
    this.#asked.add(key);
    await this.#add(await ask());
  }

  async #add(files: readonly FileDescriptorProto[]): Promise<void> {
    const before = this.#files.size;
    for (const file of files) this.#keep(file);
    for (const file of [...this.#files.values()]) await this.#addImports(file);
    if (this.#files.size === before) return;
    try {
      const file = sortByImports(this.#files);
      this.#registry = createFileRegistry(create(FileDescriptorSetSchema, { file }));
    } catch (cause) {
      const why = (cause as Error).message;
      throw new ConfigError(`Cannot use the types of ${this.#source.name}: ${why}`, { cause });
    }
  }

  #keep(file: FileDescriptorProto): void {
    if (this.#files.has(file.name)) return;
    if (this.#files.size >= MAX_FILES) {
      throw new ConfigError(
        `Cannot use the types of ${this.#source.name}: there is no end of them`,
      );
    }
    this.#files.set(file.name, file);
  }

  async #addImports(file: FileDescriptorProto): Promise<void> {
    // A list that grows: files may import files that were not sent, either.
    const waiting = [...file.dependency];
    for (const name of waiting) {
      if (this.#files.has(name)) continue;
      const key = `file ${name}`;
      if (this.#asked.has(key)) continue;
      this.#asked.add(key);
      const builtIn = BUILT_IN.get(name);
      const found = builtIn ? [builtIn] : await this.#source.filesOfName(name);
      for (const each of found) {
        this.#keep(each);
        waiting.push(...each.dependency);
      }
    }
  }
}

/** Each file behind those that it imports. */
function sortByImports(files: ReadonlyMap<string, FileDescriptorProto>): FileDescriptorProto[] {
  const sorted = new Set<FileDescriptorProto>();
  const open = new Set<string>();
  const visit = (name: string, importer: string) => {
    const file = files.get(name);
    if (file === undefined) throw new Error(`${importer} imports ${name}, which is not known`);
    if (sorted.has(file)) return;
    if (open.has(name)) throw new Error(`${name} imports itself`);
    open.add(name);
    for (const imported of file.dependency) visit(imported, name);
    open.delete(name);
    sorted.add(file);
  };
  for (const name of files.keys()) visit(name, name);
  return [...sorted];
}
