/**
 * Where the descriptors of a server's types come from: its reflection, or a file.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { ConfigError } from "../config_error.ts";
import { type FileDescriptorProto, FileDescriptorSetSchema, fromBinary } from "../deps.ts";

/** Answers which files declare something: each with some of those that it imports, or none. */
export interface TypeSource {
  /** What it is, for errors, as in "the server's reflection". */
  readonly name: string;
  /** The names of the services. */
  services(): Promise<string[]>;
  /** By the full name of a service, message, enum or extension. */
  filesOfSymbol(name: string): Promise<FileDescriptorProto[]>;
  /** By the name of a message and the number of an extension of it. */
  filesOfExtension(message: string, number: number): Promise<FileDescriptorProto[]>;
  /** By its own name. */
  filesOfName(name: string): Promise<FileDescriptorProto[]>;
}

/**
 * Reads a `google.protobuf.FileDescriptorSet`, which has everything.
 *
 * @throws {ConfigError} If the file cannot be read, or is none.
 */
export async function loadSchema(path: string): Promise<TypeSource> {
  const files = await readSet(path);
  const services = files.flatMap(({ package: scope, service }) =>
    service.map(({ name }) => scope === "" ? name : `${scope}.${name}`)
  );
  return {
    name: path,
    services: () => Promise.resolve(services.sort()),
    filesOfSymbol: () => Promise.resolve(files),
    filesOfExtension: () => Promise.resolve(files),
    filesOfName: () => Promise.resolve(files),
  };
}

async function readSet(path: string): Promise<FileDescriptorProto[]> {
  const wanted = 'a FileDescriptorSet is wanted, as "buf build -o schema.binpb" writes it';
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new ConfigError(`Cannot read --schema ${path}: ${(cause as Error).message}`, { cause });
  }
  try {
    const { file } = fromBinary(FileDescriptorSetSchema, bytes);
    if (file.some(({ name }) => name !== "")) return file;
  } catch (cause) {
    throw new ConfigError(`Cannot use --schema ${path}: ${wanted}`, { cause });
  }
  throw new ConfigError(`Cannot use --schema ${path}: ${wanted}`);
}
