/**
 * What schemas are read into: for each value how it is in TypeScript and what it is on the wire. The
 * file's model is made of the one half, and the conversions of both.
 *
 * @module
 */

import type { $ZodType, DescEnum, DescMessage } from "../deps.ts";
import type { ScalarName } from "./model.ts";
import type { WellKnownType } from "./well_known.ts";

/** A value that stands by itself: in a field, in a list, in a map, or as a whole message. */
export type ValueMapping =
  | ScalarMapping
  | EnumMapping
  | MessageMapping
  | UnionMapping
  | WrapperMapping
  | WellKnownMapping
  | GeneratedMapping
  | GeneratedEnumMapping;

/** A scalar, which is the same on both sides. */
export interface ScalarMapping {
  readonly kind: "scalar";
  readonly scalar: ScalarName;
  /** Whether 64 bits are a number in TypeScript. */
  readonly isNumber64: boolean;
}

/** A choice of values that schemas know by themselves, and the wire by numbers. */
export interface EnumMapping {
  readonly kind: "enum";
  readonly name: string;
  /** By their names in `.proto`; the zero value is missing unless the schema has it. */
  readonly values: ReadonlyMap<string, string | number>;
}

/** An object. */
export interface MessageMapping {
  readonly kind: "message";
  readonly name: string;
  /** Filled after the mapping is made: a message may hold itself. */
  readonly fields: FieldMapping[];
  /** Whether the schema takes notice of keys that it does not name. */
  readonly seesOtherKeys: boolean;
  /** A key that has one value only, so that the wire does without: what a union goes by. */
  readonly constant?: { readonly key: string; readonly value: unknown };
}

/** A discriminated union. */
export interface UnionMapping {
  readonly kind: "union";
  /** The message around the oneof; none if the oneof is one of the message that it is a field of. */
  readonly name: string | undefined;
  readonly oneof: string;
  readonly discriminator: string;
  readonly variants: readonly VariantMapping[];
}

/** One object of a discriminated union. */
export interface VariantMapping {
  /** In `.proto`. */
  readonly name: string;
  /** What the discriminator says. */
  readonly value: unknown;
  readonly message: MessageMapping;
  /** See {@linkcode FieldMapping.isUntried}. */
  readonly isUntried: boolean;
  readonly comment?: string;
}

/** A scalar within a message, for its presence or because a whole message is wanted. */
export interface WrapperMapping {
  readonly kind: "wrapper";
  readonly desc: DescMessage;
  readonly scalar: ScalarMapping;
}

/** A message of `google/protobuf`. */
export interface WellKnownMapping {
  readonly kind: "well_known";
  readonly type: WellKnownType;
}

/** A message that was generated from a `.proto` file. */
export interface GeneratedMapping {
  readonly kind: "generated";
  readonly desc: DescMessage;
}

/** An enum that was generated from a `.proto` file: a number on both sides. */
export interface GeneratedEnumMapping {
  readonly kind: "generated_enum";
  readonly desc: DescEnum;
}

/** A property of an object. */
export interface FieldMapping {
  /** Its key in the schema. */
  readonly key: string;
  /** In `.proto`; of a oneof the oneof's. */
  readonly name: string;
  readonly value: ValueMapping;
  readonly label: "singular" | "optional" | "repeated" | "map" | "oneof";
  /** Of a map: how its keys are. */
  readonly keys?: ScalarMapping;
  /** Whether a map is a `Map` in TypeScript. */
  readonly isMap?: boolean;
  /** What the schema wants when nothing came; an empty list or map is nothing, unless "empty". */
  readonly absent: "undefined" | "null" | "empty";
  /** Of a list or a map: what each of its elements is parsed by. */
  readonly element?: $ZodType;
  /** Of a map: what each of its keys is parsed by. */
  readonly keySchema?: $ZodType;
  /** Whether elements in it, by themselves, tell little of the whole. */
  readonly isUntried: boolean;
  /** The same of what is in each element of a list or a map. */
  readonly isElementUntried?: boolean;
  /** Whether the schema refuses a message without it, as those write it who do not know it. */
  readonly isRequired: boolean;
  readonly comment?: string;
}
