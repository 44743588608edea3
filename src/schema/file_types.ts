/**
 * Where the values of a file's messages are: protobuf-es has names of its own for properties.
 *
 * @module
 */

import type { DescEnum, DescFile, DescMessage } from "../deps.ts";
import { convertValues } from "./field_error.ts";

/** The messages and enums of a file, by their whole names. */
export class FileTypes {
  readonly #messages: ReadonlyMap<string, DescMessage>;
  readonly #enums: ReadonlyMap<string, DescEnum>;

  constructor({ messages, enums }: DescFile) {
    this.#messages = new Map(messages.map((desc) => [desc.typeName, desc]));
    this.#enums = new Map(enums.map((desc) => [desc.typeName, desc]));
  }

  /** By its name. */
  message(name: string): DescMessage {
    return this.#messages.get(name)!;
  }

  /** The property for a field, or for a oneof. */
  property(message: string, member: string): string {
    const { fields, oneofs } = this.message(message);
    return [...fields, ...oneofs].find(({ name }) => name === member)!.localName;
  }

  /** The number of a value of an enum. */
  number(name: string, value: string): number {
    return this.#enums.get(name)!.values.find((each) => each.name === value)!.number;
  }
}

/** A conversion. What it takes is what its mapping says. */
// deno-lint-ignore no-explicit-any
export type Convert = (value: any) => unknown;

/** An object of which nothing is known. */
export type AnyObject = Readonly<Record<string, unknown>>;

/** Makes another value of each in a map of protobuf-es. */
export function mapValues(map: AnyObject, convert: Convert): Record<string, unknown> {
  // A key may be "__proto__".
  return Object.fromEntries(convertValues(map, convert));
}
