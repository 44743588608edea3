/**
 * Fields as a `.proto` file has them, from how they are mapped.
 *
 * @module
 */

import type { FileDraft } from "./file_draft.ts";
import type { FieldMapping, UnionMapping, ValueMapping } from "./mapping.ts";
import type { FieldModel, FieldType } from "./model.ts";
import { toCamelCase } from "./naming.ts";

/** The field, or the fields of the oneof that it is. */
export function fieldModelsOf(draft: FileDraft, field: FieldMapping): FieldModel[] {
  const { key, name, value, label, keys, comment } = field;
  if (label === "oneof") return variantModelsOf(value as UnionMapping);
  return [{
    name,
    jsonName: key,
    type: typeOf(draft, value),
    label,
    ...(keys !== undefined && { keyType: keys.scalar }),
    ...(comment !== undefined && { comment }),
  }];
}

/** The fields of a oneof. */
export function variantModelsOf({ oneof, variants }: UnionMapping): FieldModel[] {
  return variants.map(({ name, message, comment }) => ({
    name,
    jsonName: toCamelCase(name),
    type: { kind: "message", name: message.name },
    label: "singular",
    oneof,
    ...(comment !== undefined && { comment }),
  }));
}

/** The message that a value is, where it is one. */
export function messageNameOf(draft: FileDraft, value: ValueMapping): string | undefined {
  const type = typeOf(draft, value);
  return type.kind === "message" ? type.name : undefined;
}

function typeOf(draft: FileDraft, value: ValueMapping): FieldType {
  switch (value.kind) {
    case "scalar":
      return { kind: "scalar", scalar: value.scalar };
    case "enum":
      return { kind: "enum", name: value.name };
    case "message":
      return { kind: "message", name: value.name };
    case "union":
      return { kind: "message", name: value.name! };
    case "generated_enum":
      draft.import(value.desc);
      return { kind: "enum", name: value.desc.typeName };
    default: {
      const desc = value.kind === "well_known" ? value.type.desc : value.desc;
      draft.import(desc);
      return { kind: "message", name: desc.typeName };
    }
  }
}
