/**
 * Whether messages of a type may do without protobuf-es.
 *
 * @module
 */

import { type DescField, type DescMessage, isWrapperDesc } from "../../deps.ts";

/** `google.protobuf.FeatureSet.FieldPresence.LEGACY_REQUIRED`. */
const REQUIRED = 3;

/**
 * Whether there is nothing about a type, and those that it leads to, that needs protobuf-es.
 *
 * @param isUsualField What else has to be so of each field.
 */
export function isUsual(
  desc: DescMessage,
  isUsualField: (field: DescField) => boolean = () => true,
  seen: Set<DescMessage> = new Set(),
): boolean {
  if (seen.has(desc)) return true;
  seen.add(desc);
  return desc.fields.every((field) => {
    const { message } = field;
    return isPlain(field) && isUsualField(field) &&
      (message === undefined || isUsual(message, isUsualField, seen));
  });
}

function isPlain(field: DescField): boolean {
  const { message } = field;
  if (field.presence === REQUIRED) return false;
  if (message === undefined) return true;
  if ("delimitedEncoding" in field && field.delimitedEncoding) return false;
  // In TypeScript these are not messages.
  if (message.typeName === "google.protobuf.Struct") {
    return field.parent.typeName === "google.protobuf.Value";
  }
  return field.fieldKind !== "message" || field.oneof !== undefined || !isWrapperDesc(message);
}
