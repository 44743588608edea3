/**
 * Whether two files declare the same: all of their descriptors, but not what is a matter of form.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  clone,
  createRegistry,
  type DescFile,
  type Message,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
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
  // With the names of custom options, as encoders differ in the order of their bytes.
  const registry = createRegistry(...withImports(expected));
  const toText = (proto: FileDescriptorProto) =>
    toJson(FileDescriptorProtoSchema, proto, { registry });
  assertEquals(toText(a), toText(b), expected.proto.name);
  const size = (proto: FileDescriptorProto) => toBinary(FileDescriptorProtoSchema, proto).length;
  assertEquals(size(a), size(b), `bytes of ${expected.proto.name}`);
}

function withImports(file: DescFile, all: Set<DescFile> = new Set()): Set<DescFile> {
  all.add(file);
  for (const each of file.dependencies) if (!all.has(each)) withImports(each, all);
  return all;
}

/**
 * A copy without source info, with imports sorted, with every JSON name, and without options
 * where there are none.
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

/** Takes away options that have none. */
function tidy(value: unknown): void {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return;
  const message = value as Partial<Message> & { options?: Message };
  if (message.options && isEmpty(message.options)) delete message.options;
  for (const each of Object.values(value)) tidy(each);
}

function isEmpty({ $typeName, $unknown = [], ...fields }: Message): boolean {
  const isSet = (each: unknown) => !Array.isArray(each) || each.length > 0;
  return $typeName.endsWith("Options") && $unknown.length === 0 &&
    !Object.values(fields).some(isSet);
}
