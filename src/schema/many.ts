/**
 * Where in a value lists, maps and JSON are: worked out once for each mapping, and walked for each
 * request without making anything.
 *
 * @module
 */

import type { $ZodType } from "../deps.ts";
import type { FieldMapping, MessageMapping, ValueMapping } from "./mapping.ts";

/** What in a value is a list, a map or JSON, or holds some. */
export interface Holder {
  readonly isJson: boolean;
  /** Of a oneof, by the literal of each variant. */
  readonly discriminator: string | undefined;
  readonly variants: ReadonlyMap<unknown, Holder>;
  readonly fields: readonly HoldingField[];
  /** Whether elements below tell something of the whole. */
  readonly isTried: boolean;
}

/** A field that is a list, a map or JSON, or holds some. */
export interface HoldingField {
  readonly key: string;
  /** Of the elements, where it is a list or a map. */
  readonly element: $ZodType | undefined;
  /** Of the keys, where it is a map whose keys are as they are parsed. */
  readonly keySchema: $ZodType | undefined;
  /** What the value, or each element, holds in turn; `undefined` for nothing. */
  readonly inner: Holder | undefined;
  readonly isTried: boolean;
}

/** A list or a map. */
export type Elements = readonly unknown[] | ReadonlyMap<unknown, unknown> | object;
type AnyObject = Readonly<Record<string, unknown>>;

/** The keys of long maps: to list them takes as long as to parse them, so that it is done once. */
export type ListedKeys = Map<object, readonly string[]>;

/** From here on, keys are kept. */
const LONG = 1000;

/** Is told of what there is in a value. */
export interface Visitor {
  /** Of one value, shared by all that go through it. */
  readonly keys: ListedKeys;
  /** Of each that is not empty. The path holds only for as long as it is called. */
  onMany(many: Many, path: readonly PropertyKey[]): void;
  /** Of JSON: how many elements it has. */
  onJson(size: number): void;
}

/** A list or a map, somewhere in a value. */
export interface Many {
  readonly field: HoldingField;
  readonly elements: Elements;
  readonly size: number;
  readonly isTried: boolean;
}

/** @returns `undefined` if there are no lists, maps and JSON. */
export function holderOf(mapping: ValueMapping, isTried: boolean): Holder | undefined {
  return holdsMany(mapping) ? new Holders().of(mapping, isTried) : undefined;
}

/** Made once for each mapping, as they may hold themselves. */
class Holders {
  readonly #known = new Map<ValueMapping, Holder[]>();

  of(mapping: ValueMapping, isTried: boolean): Holder {
    const known = this.#known.get(mapping) ?? [];
    this.#known.set(mapping, known);
    const found = known.find((each) => each.isTried === isTried);
    if (found !== undefined) return found;
    const fields: HoldingField[] = [];
    const variants = new Map<unknown, Holder>();
    const discriminator = mapping.kind === "union" ? mapping.discriminator : undefined;
    const holder = { isJson: isJson(mapping), discriminator, variants, fields, isTried };
    known.push(holder);
    if (mapping.kind === "union") {
      for (const { value, message, isUntried } of mapping.variants) {
        variants.set(value, this.of(message, isTried && !isUntried));
      }
    }
    for (const field of mapping.kind === "message" ? mapping.fields : []) {
      const { key, element, value, isElementUntried = false } = field;
      const isFieldTried = isTried && !field.isUntried;
      const inner = holdsMany(value)
        ? this.of(value, isFieldTried && !isElementUntried)
        : undefined;
      if (element === undefined && inner === undefined) continue;
      fields.push({ key, element, keySchema: keySchemaOf(field), inner, isTried: isFieldTried });
    }
    return holder;
  }
}

/** Keys of objects are texts, whatever they stand for. */
function keySchemaOf({ keys, isMap, keySchema }: FieldMapping): $ZodType | undefined {
  return isMap || keys?.scalar === "string" ? keySchema : undefined;
}

/** Whether there are lists, maps or JSON in a value. */
function holdsMany(mapping: ValueMapping, seen: Set<ValueMapping> = new Set()): boolean {
  if (seen.has(mapping)) return false;
  seen.add(mapping);
  const messages: readonly MessageMapping[] = mapping.kind === "message"
    ? [mapping]
    : mapping.kind === "union"
    ? mapping.variants.map(({ message }) => message)
    : [];
  return isJson(mapping) ||
    messages.some(({ fields }) =>
      fields.some((field) => field.element !== undefined || holdsMany(field.value, seen))
    );
}

function isJson(mapping: ValueMapping): boolean {
  return mapping.kind === "well_known" && mapping.type.isJson === true;
}

/** Goes through a value, always in the same order. */
export function walk(
  holder: Holder,
  value: unknown,
  visitor: Visitor,
  path: PropertyKey[] = [],
): void {
  if (typeof value !== "object" || value === null) return;
  if (holder.isJson) return visitor.onJson(sizeOfJson(value));
  for (const field of variantOf(holder, value).fields) {
    const { key, element, inner } = field;
    const found = (value as AnyObject)[key];
    if (typeof found !== "object" || found === null) continue;
    path.push(key);
    if (element === undefined) walk(inner!, found, visitor, path);
    else walkMany(field, found, visitor, path);
    path.pop();
  }
}

function walkMany(
  field: HoldingField,
  elements: Elements,
  visitor: Visitor,
  path: PropertyKey[],
): void {
  const keys = keysOf(elements, visitor.keys);
  const size = keys?.length ?? sizeOf(elements as readonly unknown[] | Map<unknown, unknown>);
  if (size === 0) return;
  const { inner, isTried } = field;
  visitor.onMany({ field, elements, size, isTried }, path);
  if (inner === undefined) return;
  const visit = (key: PropertyKey, each: unknown) => {
    path.push(key);
    walk(inner, each, visitor, path);
    path.pop();
  };
  if (Array.isArray(elements)) {
    for (let i = 0; i < elements.length; i++) visit(i, elements[i]);
  } else if (elements instanceof Map) {
    for (const [key, each] of elements) visit(key as PropertyKey, each);
  } else for (const key of keys!) visit(key, (elements as AnyObject)[key]);
}

/** Of an object. */
export function keysOf(elements: Elements, listed: ListedKeys): readonly string[] | undefined {
  if (Array.isArray(elements) || elements instanceof Map) return undefined;
  const known = listed.get(elements);
  if (known !== undefined) return known;
  const keys = Object.keys(elements);
  if (keys.length >= LONG) listed.set(elements, keys);
  return keys;
}

function variantOf(holder: Holder, value: object): Holder {
  if (holder.discriminator === undefined) return holder;
  return holder.variants.get((value as AnyObject)[holder.discriminator]) ?? holder;
}

function sizeOf(elements: readonly unknown[] | Map<unknown, unknown>): number {
  return elements instanceof Map ? elements.size : elements.length;
}

function sizeOfJson(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let size = 0;
  if (Array.isArray(value)) {
    for (const each of value) size += 1 + sizeOfJson(each);
  } else for (const key in value) size += 1 + sizeOfJson((value as AnyObject)[key]);
  return size;
}
