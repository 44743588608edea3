/**
 * Where in a request something is wrong, as protobuf names it: `items[2].name`.
 *
 * @module
 */

import type { FieldMapping, UnionMapping, ValueMapping } from "./mapping.ts";

/** A path of Zod by the names of the fields. */
export function fieldPathOf(
  whole: ValueMapping,
  path: readonly PropertyKey[],
  input: unknown,
): string {
  let text = "";
  let at: ValueMapping | undefined = whole;
  let list: FieldMapping | undefined;
  let value = input;
  for (const [i, key] of path.entries()) {
    if (at?.kind === "union") {
      const variant = variantOf(at, value);
      // What a union goes by is not on the wire.
      if (variant === undefined || key === at.discriminator) return text;
      text = join(text, variant.name);
      at = variant.message;
    }
    if (list !== undefined) {
      text += list.label === "map" ? `[${JSON.stringify(String(key))}]` : `[${String(key)}]`;
      at = list.value;
      list = undefined;
    } else {
      const field: FieldMapping | undefined = at?.kind === "message"
        ? at.fields.find((field) => field.key === key)
        : undefined;
      const isInOneof = field?.label === "oneof" && i < path.length - 1;
      const child = childOf(value, key);
      // The fields of a oneof are those of the message around it.
      const isNamedBelow = isInOneof && variantOf(field.value as UnionMapping, child) !== undefined;
      if (!isNamedBelow) text = join(text, field?.name ?? String(key));
      const isMany: boolean = field?.label === "repeated" || field?.label === "map";
      list = isMany ? field : undefined;
      at = isMany ? undefined : field?.value;
    }
    value = childOf(value, key);
  }
  return text;
}

function variantOf({ variants, discriminator }: UnionMapping, value: unknown) {
  const literal = childOf(value, discriminator);
  return variants.find((variant) => variant.value === literal);
}

function childOf(value: unknown, key: PropertyKey): unknown {
  if (value instanceof Map) return value.get(key);
  return (value as Record<PropertyKey, unknown> | null | undefined)?.[key];
}

function join(text: string, name: string): string {
  return text === "" ? name : `${text}.${name}`;
}
