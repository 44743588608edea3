/**
 * The messages of `google/rpc/error_details.proto`, which servers send with errors, and which few have in
 * their own services, by which reflection would know them.
 *
 * @module
 */

import {
  create,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
} from "../deps.ts";

/** A field; `[]` behind its type is a list, and `{}` a map from strings to strings. */
type Field = readonly [name: string, number: number, type: string];

const SCOPE = ".google.rpc.";

const MESSAGES: Readonly<Record<string, readonly Field[]>> = {
  ErrorInfo: [["reason", 1, "string"], ["domain", 2, "string"], ["metadata", 3, "{}"]],
  RetryInfo: [["retry_delay", 1, ".google.protobuf.Duration"]],
  DebugInfo: [["stack_entries", 1, "string[]"], ["detail", 2, "string"]],
  QuotaFailure: [["violations", 1, `${SCOPE}QuotaFailure.Violation[]`]],
  "QuotaFailure.Violation": [
    ["subject", 1, "string"],
    ["description", 2, "string"],
    ["api_service", 3, "string"],
    ["quota_metric", 4, "string"],
    ["quota_id", 5, "string"],
    ["quota_dimensions", 6, "{}"],
    ["quota_value", 7, "int64"],
    ["future_quota_value", 8, "int64"],
  ],
  PreconditionFailure: [["violations", 1, `${SCOPE}PreconditionFailure.Violation[]`]],
  "PreconditionFailure.Violation": [
    ["type", 1, "string"],
    ["subject", 2, "string"],
    ["description", 3, "string"],
  ],
  BadRequest: [["field_violations", 1, `${SCOPE}BadRequest.FieldViolation[]`]],
  "BadRequest.FieldViolation": [
    ["field", 1, "string"],
    ["description", 2, "string"],
    ["reason", 3, "string"],
    ["localized_message", 4, `${SCOPE}LocalizedMessage`],
  ],
  RequestInfo: [["request_id", 1, "string"], ["serving_data", 2, "string"]],
  ResourceInfo: [
    ["resource_type", 1, "string"],
    ["resource_name", 2, "string"],
    ["owner", 3, "string"],
    ["description", 4, "string"],
  ],
  Help: [["links", 1, `${SCOPE}Help.Link[]`]],
  "Help.Link": [["description", 1, "string"], ["url", 2, "string"]],
  LocalizedMessage: [["locale", 1, "string"], ["message", 2, "string"]],
};

const SCALARS: Readonly<Record<string, Type>> = { string: Type.STRING, int64: Type.INT64 };

/** The file that declares them. */
export function errorDetailsFile(): FileDescriptorProto {
  const names = Object.keys(MESSAGES);
  return create(FileDescriptorProtoSchema, {
    name: "google/rpc/error_details.proto",
    package: "google.rpc",
    syntax: "proto3",
    dependency: ["google/protobuf/duration.proto"],
    messageType: names.filter((name) => !name.includes(".")).map((name) => {
      const inner = names.filter((each) => each.startsWith(`${name}.`));
      const message = messageOf(name);
      return { ...message, nestedType: [...message.nestedType, ...inner.map(messageOf)] };
    }),
  });
}

function messageOf(name: string) {
  const fields = MESSAGES[name]!;
  return {
    name: name.slice(name.indexOf(".") + 1),
    field: fields.map((each) => fieldOf(`${SCOPE}${name}`, each)),
    nestedType: entriesOf(fields),
  };
}

function fieldOf(message: string, [name, number, type]: Field) {
  const isList = type.endsWith("[]") || type === "{}";
  const element = type === "{}" ? `${message}.${entryName(name)}` : type.replace("[]", "");
  return {
    name,
    number,
    label: isList ? Label.REPEATED : Label.OPTIONAL,
    ...element in SCALARS ? { type: SCALARS[element]! } : { type: Type.MESSAGE, typeName: element },
  };
}

function entriesOf(fields: readonly Field[]) {
  return fields.filter(([, , type]) => type === "{}").map(([name]) => ({
    name: entryName(name),
    field: [fieldOf("", ["key", 1, "string"]), fieldOf("", ["value", 2, "string"])],
    options: { mapEntry: true },
  }));
}

/** As compilers call it. */
function entryName(field: string): string {
  return `${field.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())}Entry`;
}
