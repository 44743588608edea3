/**
 * Discriminated unions as oneofs. The discriminator itself is not on the wire: which field of the
 * oneof is set says the same.
 *
 * @module
 */

import type { $ZodType } from "../deps.ts";
import { type Definition, defOf, descriptionOf, idOf, rootOf, unwrap } from "./definition.ts";
import { variantModelsOf } from "./field_models.ts";
import type { UnionMapping, VariantMapping } from "./mapping.ts";
import { isIdentifier, toPascalCase, toSnakeCase } from "./naming.ts";
import { addMessage, readMessage } from "./read_message.ts";
import type { Reading } from "./reading.ts";
import { cannotExpress, type Place, within } from "./setup_error.ts";

/** Reads a union: the oneof of the message that it is a field of, or a message with a oneof. */
export function readUnion(
  reading: Reading,
  { schema, def, comment }: Definition,
  pathName: string,
  place: Place,
  isField: boolean,
): UnionMapping {
  if (def.type !== "union" || !("discriminator" in def)) {
    throw cannotExpress(place, "nothing tells its types apart", "use z.discriminatedUnion()");
  }
  const discriminator = `${def.discriminator}`;
  const id = idOf(schema);
  const root = rootOf(schema);
  const base = { kind: "union", discriminator, variants: [] as VariantMapping[] } as const;
  const name = id ?? pathName;
  const read = () => readVariants(reading, base, def.options, name, place);
  if (isField && id === undefined) {
    read();
    return { ...base, name: undefined, oneof: fieldNameOf(place) };
  }

  const use = `${reading.side} union`;
  const known = id === undefined
    ? reading.ancestors.get(root)
    : reading.draft.named.get(root)?.get(use);
  if (known?.kind === "union") return known;
  const oneof = toSnakeCase(discriminator);
  const union: UnionMapping = { ...base, name: reading.draft.open(name, place), oneof };
  if (id === undefined) reading.ancestors.set(root, union);
  else reading.draft.remember(root, use, union);
  read();
  const about = id === undefined ? comment : descriptionOf(root);
  addMessage(reading.draft, union.name!, variantModelsOf(union), about, place);
  if (id === undefined) reading.ancestors.delete(root);
  return union;
}

function readVariants(
  reading: Reading,
  { discriminator, variants }: Pick<UnionMapping, "discriminator"> & { variants: VariantMapping[] },
  options: readonly $ZodType[],
  parent: string,
  place: Place,
): void {
  for (const option of options) {
    const definition = unwrap(option, reading.side, place);
    const { def } = definition;
    if (def.type === "union" && "discriminator" in def && def.discriminator === discriminator) {
      readVariants(reading, { discriminator, variants }, def.options, parent, place);
      continue;
    }
    const literal = def.type === "object"
      ? literalOf(def.shape[discriminator], reading, place)
      : undefined;
    if (literal === undefined) {
      throw cannotExpress(
        place,
        `not each of its types has one literal for "${discriminator}"`,
        `give each z.object() a "${discriminator}" with a z.literal() of one value`,
      );
    }
    const name = variantName(discriminator, literal, place);
    const message = readMessage(
      reading,
      { ...definition, comment: undefined },
      parent + toPascalCase(name),
      within(place, String(literal)),
      { key: discriminator, value: literal },
    );
    const { comment, isUntried } = definition;
    variants.push({
      ...{ name, value: literal, message, isUntried },
      ...(comment !== undefined && { comment }),
    });
  }
}

function literalOf(
  schema: $ZodType | undefined,
  { side }: Reading,
  place: Place,
): string | number | boolean | bigint | undefined {
  if (schema === undefined) return undefined;
  const { schema: inner, isOptional } = unwrap(schema, side, place);
  const def = defOf(inner);
  if (isOptional || def.type !== "literal" || def.values.length !== 1) return undefined;
  return def.values[0] ?? undefined;
}

function variantName(discriminator: string, literal: unknown, place: Place): string {
  const name = toSnakeCase(typeof literal === "string" ? literal : `${discriminator}_${literal}`);
  if (isIdentifier(name)) return name;
  throw cannotExpress(
    place,
    `its "${discriminator}" "${literal}" makes no name`,
    "begin it with a letter",
  );
}

/** The last part of a path. */
function fieldNameOf({ path }: Place): string {
  return toSnakeCase(path.slice(path.lastIndexOf(".") + 1));
}
