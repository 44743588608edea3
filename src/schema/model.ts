/**
 * A `.proto` file before its fields have numbers: what code-first schemas say, and what the lock keeps
 * numbers for.
 *
 * @module
 */

/** A scalar type of protobuf, by its name in `.proto` files. */
export type ScalarName =
  | "double"
  | "float"
  | "int32"
  | "int64"
  | "uint32"
  | "uint64"
  | "sint32"
  | "sint64"
  | "fixed32"
  | "fixed64"
  | "sfixed32"
  | "sfixed64"
  | "bool"
  | "string"
  | "bytes";

/** What a field holds. Names of messages and enums are whole, such as `demo.v1.Color`. */
export type FieldType =
  | { readonly kind: "scalar"; readonly scalar: ScalarName }
  | { readonly kind: "message"; readonly name: string }
  | { readonly kind: "enum"; readonly name: string };

/** A field of a message. */
export interface FieldModel {
  /** In `.proto`, in snake_case. */
  readonly name: string;
  /** In TypeScript and JSON, as the schema has it. */
  readonly jsonName: string;
  readonly type: FieldType;
  /** `optional` has presence of its own; a map's type is that of its values. */
  readonly label: "singular" | "optional" | "repeated" | "map";
  /** Of a map. */
  readonly keyType?: ScalarName;
  /** The oneof that it belongs to. */
  readonly oneof?: string;
  readonly comment?: string;
}

/** A message. */
export interface MessageModel {
  readonly name: string;
  readonly comment?: string;
  readonly fields: readonly FieldModel[];
  /** Of those oneofs that have one, by name. */
  readonly oneofComments?: Readonly<Record<string, string>>;
}

/** An enum. Its first value is the zero value. */
export interface EnumModel {
  readonly name: string;
  readonly comment?: string;
  readonly values: readonly { readonly name: string; readonly comment?: string }[];
}

/** A method. */
export interface MethodModel {
  readonly name: string;
  readonly comment?: string;
  readonly kind: "unary" | "server_streaming" | "client_streaming" | "bidi_streaming";
  /** Names of messages. */
  readonly request: string;
  readonly response: string;
  /** None if nothing is promised. */
  readonly idempotency?: Idempotency;
}

/**
 * What a method promises, as `idempotency_level` of descriptor.proto. Clients may retry it if it is
 * idempotent; without side effects, Connect's may call it by GET as well.
 */
export type Idempotency = "NO_SIDE_EFFECTS" | "IDEMPOTENT";

/** A service. */
export interface ServiceModel {
  readonly name: string;
  readonly comment?: string;
  readonly methods: readonly MethodModel[];
}

/** A file: all of one package. */
export interface FileModel {
  readonly package: string;
  readonly messages: readonly MessageModel[];
  readonly enums: readonly EnumModel[];
  readonly services: readonly ServiceModel[];
  /**
   * Fields and oneofs without which a request is not valid, such as `demo.v1.Hello.address`: by their
   * schemas, as protobuf has no word for it.
   */
  readonly required?: ReadonlySet<string>;
}

/** Numbers of fields by message and field, and of enum values by enum and value. */
export interface Numbers {
  readonly fields: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly values: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** What was removed, by message or enum. */
  readonly reserved: ReadonlyMap<string, Reserved>;
}

/** What may not be used again. */
export interface Reserved {
  readonly numbers: readonly number[];
  readonly names: readonly string[];
}
