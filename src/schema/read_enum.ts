/**
 * Enums: `z.enum()`, enums of TypeScript, and literals that are texts. The wire knows a zero value
 * besides, which stands for nothing.
 *
 * @module
 */

import type { $ZodType } from "../deps.ts";
import { type Definition, defOf, descriptionOf, idOf, rootOf } from "./definition.ts";
import type { FileDraft } from "./file_draft.ts";
import type { EnumMapping } from "./mapping.ts";
import { isIdentifier, toUpperSnakeCase } from "./naming.ts";
import { cannotExpress, type Place } from "./setup_error.ts";

type Entry = readonly [label: string, value: string | number];

/** Names of values with the values, if a schema is a choice of them. */
export function entriesOf(schema: $ZodType): Entry[] | undefined {
  const def = defOf(schema);
  switch (def.type) {
    case "enum": {
      const entries = Object.entries(def.entries);
      // TypeScript's own enums lead from their numbers back to their names.
      const numbers = entries.map(([, value]) => value).filter((value) =>
        typeof value === "number"
      );
      return entries.filter(([label]) => !numbers.includes(Number(label)));
    }
    case "literal": {
      const areTexts = def.values.every((value) => typeof value === "string");
      return areTexts ? def.values.map((value) => [`${value}`, `${value}`]) : undefined;
    }
    case "union": {
      const all = def.options.map(entriesOf);
      return all.includes(undefined) ? undefined : all.flatMap((entries) => entries!);
    }
    case "readonly":
      return entriesOf(def.innerType);
    default:
      return undefined;
  }
}

/** The name of the value that stands for nothing, in an enum of this name. */
export function zeroValueOf(name: string): string {
  return `${toUpperSnakeCase(name)}_UNSPECIFIED`;
}

/** Reads a choice of values. */
export function readEnum(
  draft: FileDraft,
  { schema, comment }: Definition,
  entries: readonly Entry[],
  pathName: string,
  place: Place,
): EnumMapping {
  const name = idOf(schema) ?? pathName;
  const whole = draft.open(name, place);
  const prefix = `${toUpperSnakeCase(name)}_`;
  const zero = zeroValueOf(name);
  const values = new Map<string, string | number>();
  for (const [label, value] of entries) {
    const valueName = nameOf(label, prefix, place);
    if (values.has(valueName) && values.get(valueName) !== value) {
      throw cannotExpress(
        place,
        `two of its values are "${valueName}"`,
        'name them, as in z.enum({ SMALL: "s", LARGE: "S" })',
      );
    }
    values.set(valueName, value);
  }
  const names = [zero, ...[...values.keys()].filter((each) => each !== zero)];
  const about = idOf(schema) === undefined ? comment : descriptionOf(rootOf(schema));
  draft.add({
    name: whole,
    ...(about !== undefined && { comment: about }),
    values: names.map((name) => ({ name })),
  }, place);
  return { kind: "enum", name: whole, values };
}

function nameOf(label: string, prefix: string, place: Place): string {
  const plain = toUpperSnakeCase(label);
  if (/^[\x20-\x7e]*$/.test(label) && plain !== "" && isIdentifier(prefix + plain)) {
    return plain.startsWith(prefix) ? plain : prefix + plain;
  }
  throw cannotExpress(
    place,
    `its value "${label}" makes no name`,
    `name it, as in z.enum({ NAME: ${JSON.stringify(label)} })`,
  );
}
