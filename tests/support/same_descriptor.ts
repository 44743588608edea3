/**
 * Whether two files declare the same: all of their descriptors, but not what is a matter of form.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { clone, type DescFile, type Message, toBinary, toJson } from "@bufbuild/protobuf";
import { protoCamelCase } from "@bufbuild/protobuf/reflect";
import {
  type DescriptorProto,
  type FieldDescriptorProto,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";

/** Asserts that two files have equal descriptors. */
export function assertSameDescriptor(actual: DescFile, expected: DescFile): void {
  const [a, b] = [normalize(actual.proto), normalize(expected.proto)];
  // Readable, but without custom options.
  const toText = (proto: FileDescriptorProto) => toJson(FileDescriptorProtoSchema, proto);
  assertEquals(toText(a), toText(b), expected.proto.name);
  const bytes = (proto: FileDescriptorProto) => toBinary(FileDescriptorProtoSchema, proto);
  assertEquals(bytes(a), bytes(b), `options of ${expected.proto.name}`);
}

/**
 * A copy without source info, with imports sorted, with every JSON name, with custom options in the
 * order of their numbers, and without options where there are none.
 */
function normalize(original: FileDescriptorProto): FileDescriptorProto {
  const proto = clone(FileDescriptorProtoSchema, original);
  delete proto.sourceCodeInfo;
  if (proto.syntax === "proto2") proto.syntax = "";
  const names = [...proto.dependency];
  proto.dependency.sort();
  const indexOf = (index: number) => proto.dependency.indexOf(names[index]!);
  proto.publicDependency = proto.publicDependency.map(indexOf).sort();
  proto.weakDependency = proto.weakDependency.map(indexOf).sort();
  proto.messageType.forEach(nameFields);
  proto.extension.forEach(nameField);
  tidy(proto);
  return proto;
}

function nameFields(message: DescriptorProto): void {
  message.field.forEach(nameField);
  message.extension.forEach(nameField);
  message.nestedType.forEach(nameFields);
}

function nameField(field: FieldDescriptorProto): void {
  if (field.extendee !== "" || field.jsonName === "") field.jsonName = protoCamelCase(field.name);
}

/** Puts custom options in order, and takes away options that have none. */
function tidy(value: unknown): void {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return;
  const message = value as Partial<Message> & { options?: Message };
  message.$unknown?.sort((a, b) => a.no - b.no);
  if (message.options && isEmpty(message.options)) delete message.options;
  for (const each of Object.values(value)) tidy(each);
}

function isEmpty({ $typeName, $unknown = [], ...fields }: Message): boolean {
  const isSet = (each: unknown) => !Array.isArray(each) || each.length > 0;
  return $typeName.endsWith("Options") && $unknown.length === 0 &&
    !Object.values(fields).some(isSet);
}
