/**
 * Replies as JSON. What is within a `google.protobuf.Any`, and the extensions of a message, are asked
 * for when there are some.
 *
 * @module
 */

import {
  create,
  type DescField,
  type DescMessage,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  fromBinary,
  type Message,
  reflect,
  type ReflectMessage,
  toJson,
} from "../deps.ts";
import { escapeJson } from "./escape.ts";
import { typeNameOf } from "./json_request.ts";
import type { ServerTypes } from "./server_types.ts";

/** How replies are printed. */
export interface ReplyFormat {
  /** Over several lines. */
  readonly isPretty: boolean;
  /** With fields that have their default. */
  readonly hasDefaults: boolean;
}

const ANY = "google.protobuf.Any";

/** Whether a message has parts whose types it does not say itself, by its type. */
const openTypes = new WeakMap<DescMessage, boolean>();

/**
 * Writes a message.
 *
 * @param onUnknown Told of a type that nobody knows: what is within it is left out.
 * @throws {Error} If it has no JSON, such as a timestamp out of range, or is broken within.
 */
export async function toReplyText(
  desc: DescMessage,
  message: Message,
  { types, format, onUnknown }: {
    readonly types: ServerTypes;
    readonly format: ReplyFormat;
    readonly onUnknown: (typeName: string) => void;
  },
): Promise<string> {
  if (isOpen(desc)) {
    for (const typeName of await resolveTypes(reflect(desc, message), types)) onUnknown(typeName);
  }
  const json = toJson(desc, message, {
    registry: types.registry,
    alwaysEmitImplicit: format.hasDefaults,
  });
  return escapeJson(JSON.stringify(json, null, format.isPretty ? 2 : 0));
}

/** Gets the types of what is in a message. Returns those that nobody knows. */
async function resolveTypes(message: ReflectMessage, types: ServerTypes): Promise<string[]> {
  if (message.desc.typeName === ANY) return await resolveAny(message, types);
  const unknown: string[] = [];
  await ensureExtensions(message, types);
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    for (const part of messagesIn(message, field)) unknown.push(...await resolveTypes(part, types));
  }
  return unknown;
}

async function resolveAny(message: ReflectMessage, types: ServerTypes): Promise<string[]> {
  const { typeUrl, value } = message.message as unknown as { typeUrl: string; value: Uint8Array };
  const typeName = typeNameOf(typeUrl);
  if (typeName === "") return [];
  await types.ensure(typeName);
  const desc = types.registry.getMessage(typeName);
  if (desc !== undefined) return await resolveTypes(reflect(desc, fromBinary(desc, value)), types);
  await types.add(placeholderOf(typeName));
  return [typeName];
}

/** Extensions are fields that are not known yet, with a number that the message leaves to them. */
async function ensureExtensions({ desc, message }: ReflectMessage, types: ServerTypes) {
  const ranges = desc.proto.extensionRange;
  if (ranges.length === 0) return;
  for (const { no } of message.$unknown ?? []) {
    const isExtension = ranges.some(({ start, end }) => no >= start && no < end);
    if (!isExtension || types.registry.getExtensionFor(desc, no) !== undefined) continue;
    await types.ensureExtension(desc.typeName, no);
  }
}

function* messagesIn(message: ReflectMessage, field: DescField): Generator<ReflectMessage, void> {
  if (field.fieldKind === "message") yield message.get(field) as ReflectMessage;
  else if (field.fieldKind === "list" && field.listKind === "message") {
    yield* message.get(field) as Iterable<ReflectMessage>;
  } else if (field.fieldKind === "map" && field.mapKind === "message") {
    for (const [, value] of message.get(field)) yield value as ReflectMessage;
  }
}

/** Most messages are what their type says, and need not be looked through. */
function isOpen(desc: DescMessage): boolean {
  const known = openTypes.get(desc);
  if (known !== undefined) return known;
  const seen = new Set([desc]);
  // A set hands out what is added to it meanwhile.
  for (const { fields } of seen) {
    for (const { message } of fields) if (message) seen.add(message);
  }
  const result = [...seen].some(({ typeName, proto }) =>
    typeName === ANY || proto.extensionRange.length > 0
  );
  openTypes.set(desc, result);
  return result;
}

/** A message without fields, in place of one that is not known. */
function placeholderOf(typeName: string): FileDescriptorProto {
  const dot = typeName.lastIndexOf(".");
  return create(FileDescriptorProtoSchema, {
    name: `unknown:${typeName}`,
    package: typeName.slice(0, Math.max(0, dot)),
    syntax: "proto3",
    messageType: [{ name: typeName.slice(dot + 1) }],
  });
}
