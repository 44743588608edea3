/**
 * Descriptors of a `FileModel` and its numbers, without a `.proto` between: what `buf breaking` gets
 * to judge. It shares nothing with what the kit writes itself.
 *
 * @module
 */

import { create, toBinary } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  type EnumDescriptorProto,
  EnumDescriptorProtoSchema,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FieldDescriptorProtoSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  MethodOptions_IdempotencyLevel,
  type ServiceDescriptorProto,
  ServiceDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import type {
  EnumModel,
  FieldModel,
  FieldType,
  FileModel,
  MessageModel,
  Numbers,
  ServiceModel,
} from "../../src/schema/model.ts";

/**
 * A file of one package.
 *
 * @param outer A package to put it in, as an image has each name only once.
 */
export function describeFile(
  path: string,
  model: FileModel,
  numbers: Numbers,
  outer: string,
): FileDescriptorProto {
  return create(FileDescriptorProtoSchema, {
    name: path,
    package: `${outer}.${model.package}`,
    syntax: "proto3",
    messageType: model.messages.map((message) => describeMessage(message, numbers, outer)),
    enumType: model.enums.map((each) => describeEnum(each, numbers)),
    service: model.services.map((service) => describeService(service, outer)),
  });
}

/** Files as `buf` reads them. */
export function toImage(file: readonly FileDescriptorProto[]): Uint8Array<ArrayBuffer> {
  const set = create(FileDescriptorSetSchema, { file: [...file] });
  return new Uint8Array(toBinary(FileDescriptorSetSchema, set));
}

function describeMessage(
  { name, fields }: MessageModel,
  numbers: Numbers,
  outer: string,
): DescriptorProto {
  const oneofs = [...new Set(fields.flatMap(({ oneof }) => oneof ?? []))];
  // What has presence of its own is in a oneof of its own, after all others.
  const synthetic = fields.filter(({ label }) => label === "optional").map(({ name }) =>
    `_${name}`
  );
  const oneofNames = [...oneofs, ...synthetic];
  // The fields of a oneof stand together, as they do in a `.proto`.
  const inOneofs = [undefined, ...oneofs].flatMap((oneof) => {
    return fields.filter((field) => field.oneof === oneof);
  });
  const { numbers: gone = [], names: goneNames = [] } = numbers.reserved.get(name) ?? {};
  return create(DescriptorProtoSchema, {
    name: lastPart(name),
    field: inOneofs.map((field) =>
      describeField(
        field,
        numbers.fields.get(name)!.get(field.name)!,
        `${outer}.${name}`,
        oneofNames,
        outer,
      )
    ),
    oneofDecl: oneofNames.map((name) => ({ name })),
    nestedType: fields.filter(({ label }) => label === "map").map((each) =>
      describeEntry(each, outer)
    ),
    reservedRange: gone.map((start) => ({ start, end: start + 1 })),
    reservedName: [...goneNames],
  });
}

function describeField(
  { name, jsonName, label, type, oneof }: FieldModel,
  number: number,
  message: string,
  oneofs: readonly string[],
  outer: string,
): FieldDescriptorProto {
  const isRepeated = label === "repeated" || label === "map";
  const oneofIndex = oneofs.indexOf(label === "optional" ? `_${name}` : oneof ?? "");
  return create(FieldDescriptorProtoSchema, {
    name,
    jsonName,
    number,
    label: isRepeated ? Label.REPEATED : Label.OPTIONAL,
    ...label === "map"
      ? { type: Type.MESSAGE, typeName: `.${message}.${entryName(name)}` }
      : describeType(type, outer),
    ...oneofIndex >= 0 && { oneofIndex },
    ...label === "optional" && { proto3Optional: true },
  });
}

function describeEntry({ name, keyType, type }: FieldModel, outer: string): DescriptorProto {
  const key: FieldType = { kind: "scalar", scalar: keyType! };
  return create(DescriptorProtoSchema, {
    name: entryName(name),
    options: { mapEntry: true },
    field: [["key", key] as const, ["value", type] as const].map(([name, type], index) =>
      create(FieldDescriptorProtoSchema, {
        name,
        jsonName: name,
        number: index + 1,
        label: Label.OPTIONAL,
        ...describeType(type, outer),
      })
    ),
  });
}

function describeType(type: FieldType, outer: string): { type: Type; typeName?: string } {
  if (type.kind !== "scalar") {
    return {
      type: type.kind === "enum" ? Type.ENUM : Type.MESSAGE,
      typeName: `.${outer}.${type.name}`,
    };
  }
  return { type: Type[type.scalar.toUpperCase() as keyof typeof Type] };
}

function describeEnum({ name, values }: EnumModel, numbers: Numbers): EnumDescriptorProto {
  const { numbers: gone = [], names: goneNames = [] } = numbers.reserved.get(name) ?? {};
  return create(EnumDescriptorProtoSchema, {
    name: lastPart(name),
    value: values.map((value) => ({
      name: value.name,
      number: numbers.values.get(name)!.get(value.name)!,
    })),
    // Unlike those of messages, these include their end.
    reservedRange: gone.map((number) => ({ start: number, end: number })),
    reservedName: [...goneNames],
  });
}

function describeService({ name, methods }: ServiceModel, outer: string): ServiceDescriptorProto {
  return create(ServiceDescriptorProtoSchema, {
    name: lastPart(name),
    method: methods.map(({ name, kind, request, response, idempotency }) => ({
      name,
      inputType: `.${outer}.${request}`,
      outputType: `.${outer}.${response}`,
      clientStreaming: kind === "client_streaming" || kind === "bidi_streaming",
      serverStreaming: kind === "server_streaming" || kind === "bidi_streaming",
      ...idempotency &&
        { options: { idempotencyLevel: MethodOptions_IdempotencyLevel[idempotency] } },
    })),
  });
}

function entryName(field: string): string {
  return `${
    field.split("_").map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join("")
  }Entry`;
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}
