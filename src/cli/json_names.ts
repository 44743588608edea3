/**
 * The names that fields have in JSON, where a descriptor does not tell: those that are compiled into
 * servers in C++ and Python have none, and protobuf-es would take the empty name.
 *
 * @module
 */

import { type DescriptorProto, type FileDescriptorProto, protoCamelCase } from "../deps.ts";

/** Fills them in. */
export function fillJsonNames({ messageType }: FileDescriptorProto): void {
  for (const message of messageType) fillMessage(message);
}

function fillMessage({ field, nestedType }: DescriptorProto): void {
  for (const each of field) each.jsonName ||= protoCamelCase(each.name);
  for (const message of nestedType) fillMessage(message);
}
