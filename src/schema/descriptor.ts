/**
 * A file's model and numbers as a descriptor, just as protoc would make it of the `.proto` file.
 *
 * @module
 */

import {
  create,
  createFileRegistry,
  type DescFile,
  type DescriptorProtoSchema,
  type EnumDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  type FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
  type MessageInitShape,
  MethodOptions_IdempotencyLevel,
  type ServiceDescriptorProtoSchema,
} from "../deps.ts";
import { Comments } from "./comments.ts";
import type {
  EnumModel,
  FieldModel,
  FieldType,
  FileModel,
  MessageModel,
  Numbers,
  ScalarName,
  ServiceModel,
} from "./model.ts";
import { simpleName, toPascalCase } from "./naming.ts";

type MessageInit = MessageInitShape<typeof DescriptorProtoSchema>;
type FieldInit = MessageInitShape<typeof FieldDescriptorProtoSchema>;
type EnumInit = MessageInitShape<typeof EnumDescriptorProtoSchema>;
type ServiceInit = MessageInitShape<typeof ServiceDescriptorProtoSchema>;

const SCALAR_TYPES: Readonly<Record<ScalarName, Type>> = {
  double: Type.DOUBLE,
  float: Type.FLOAT,
  int32: Type.INT32,
  int64: Type.INT64,
  uint32: Type.UINT32,
  uint64: Type.UINT64,
  sint32: Type.SINT32,
  sint64: Type.SINT64,
  fixed32: Type.FIXED32,
  fixed64: Type.FIXED64,
  sfixed32: Type.SFIXED32,
  sfixed64: Type.SFIXED64,
  bool: Type.BOOL,
  string: Type.STRING,
  bytes: Type.BYTES,
};

/**
 * Makes a descriptor, with comments.
 *
 * @param fileName Such as `demo/v1/demo.proto`.
 * @param imports The files that have the messages which are not the file's own.
 * @throws {Error} If a field or a value has no number.
 */
export function createDescriptor(
  model: FileModel,
  numbers: Numbers,
  fileName: string,
  imports: readonly DescFile[] = [],
): DescFile {
  const comments = new Comments();
  const dependencies = new Map(imports.map((file) => [`${file.name}.proto`, file]));
  const proto = create(FileDescriptorProtoSchema, {
    name: fileName,
    // Left out where there is none, as protoc does.
    ...(model.package !== "" && { package: model.package }),
    syntax: "proto3",
    dependency: [...dependencies.keys()].sort(),
    messageType: model.messages.map((message, i) =>
      messageOf(message, numbers, comments.at(message.comment, 4, i))
    ),
    enumType: model.enums.map((each, i) => enumOf(each, numbers, comments.at(each.comment, 5, i))),
    service: model.services.map((service, i) =>
      serviceOf(service, comments.at(service.comment, 6, i))
    ),
    sourceCodeInfo: { location: comments.locations },
  });
  return createFileRegistry(proto, (name) => dependencies.get(name)).getFile(fileName)!;
}

function messageOf(model: MessageModel, numbers: Numbers, comments: Comments): MessageInit {
  const { name, fields, oneofComments } = model;
  const reserved = numbers.reserved.get(name);
  const oneofs = [...new Set(fields.flatMap(({ oneof }) => oneof ?? []))];
  oneofs.forEach((oneof, i) => comments.at(oneofComments?.[oneof], 8, i));
  // Those of fields with presence come last, as protoc has them.
  const synthetic = fields.filter(({ label }) => label === "optional").map(({ name }) =>
    `_${name}`
  );
  const oneofNames = [...oneofs, ...synthetic];
  return {
    name: simpleName(name),
    field: fields.map((field, i) => {
      comments.at(field.comment, 2, i);
      const oneof = field.label === "optional" ? `_${field.name}` : field.oneof;
      return {
        ...fieldOf(field, numberOf(numbers.fields, name, field.name), name),
        ...(oneof !== undefined && { oneofIndex: oneofNames.indexOf(oneof) }),
      };
    }),
    nestedType: fields.filter(({ label }) => label === "map").map(entryOf),
    oneofDecl: oneofNames.map((name) => ({ name })),
    reservedRange: rangesOf(reserved?.numbers ?? []).map(([start, end]) => ({
      start,
      end: end + 1,
    })),
    reservedName: [...reserved?.names ?? []],
  };
}

function fieldOf(field: FieldModel, number: number, message: string): FieldInit {
  const isMap = field.label === "map";
  return {
    name: field.name,
    jsonName: field.jsonName,
    number,
    label: isMap || field.label === "repeated" ? Label.REPEATED : Label.OPTIONAL,
    ...(isMap
      ? { type: Type.MESSAGE, typeName: `.${message}.${entryName(field)}` }
      : typeOf(field.type)),
    ...(field.label === "optional" && { proto3Optional: true }),
  };
}

/** A map is a list of messages with a key and a value. */
function entryOf(field: FieldModel): MessageInit {
  const base = { label: Label.OPTIONAL };
  return {
    name: entryName(field),
    field: [
      { ...base, name: "key", jsonName: "key", number: 1, type: SCALAR_TYPES[field.keyType!] },
      { ...base, name: "value", jsonName: "value", number: 2, ...typeOf(field.type) },
    ],
    options: { mapEntry: true },
  };
}

function entryName({ name }: FieldModel): string {
  return `${toPascalCase(name)}Entry`;
}

function typeOf(type: FieldType): { type: Type; typeName?: string } {
  switch (type.kind) {
    case "scalar":
      return { type: SCALAR_TYPES[type.scalar] };
    case "message":
      return { type: Type.MESSAGE, typeName: `.${type.name}` };
    case "enum":
      return { type: Type.ENUM, typeName: `.${type.name}` };
  }
}

function enumOf({ name, values }: EnumModel, numbers: Numbers, comments: Comments): EnumInit {
  const reserved = numbers.reserved.get(name);
  return {
    name: simpleName(name),
    value: values.map((value, i) => {
      comments.at(value.comment, 2, i);
      return { name: value.name, number: numberOf(numbers.values, name, value.name) };
    }),
    // Other than those of messages, they have their end in them.
    reservedRange: rangesOf(reserved?.numbers ?? []).map(([start, end]) => ({ start, end })),
    reservedName: [...reserved?.names ?? []],
  };
}

function serviceOf({ name, methods }: ServiceModel, comments: Comments): ServiceInit {
  return {
    name: simpleName(name),
    method: methods.map((method, i) => {
      comments.at(method.comment, 2, i);
      const { kind, idempotency } = method;
      return {
        name: method.name,
        inputType: `.${method.request}`,
        outputType: `.${method.response}`,
        // Left out where it is not so, as protoc does.
        ...((kind === "client_streaming" || kind === "bidi_streaming") &&
          { clientStreaming: true }),
        ...((kind === "server_streaming" || kind === "bidi_streaming") &&
          { serverStreaming: true }),
        ...(idempotency !== undefined &&
          { options: { idempotencyLevel: MethodOptions_IdempotencyLevel[idempotency] } }),
      };
    }),
  };
}

function numberOf(
  all: ReadonlyMap<string, ReadonlyMap<string, number>>,
  type: string,
  name: string,
): number {
  const number = all.get(type)?.get(name);
  if (number === undefined) throw new Error(`No number is kept for "${name}" of "${type}"`);
  return number;
}

/** Neighbours together, each with its first and last number. */
function rangesOf(numbers: readonly number[]): [first: number, last: number][] {
  const ranges: [number, number][] = [];
  for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}
