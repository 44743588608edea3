/**
 * A guard against requests that are all wrong. Zod notes each thing that is not valid before it says
 * so: of 4 MiB of texts that are too short there are two million, which held a server up for 13 s. So
 * where lists and maps are very long, some of their elements are tried first, picked at random. A
 * request gets past that only if nearly all of it is valid.
 *
 * @module
 */

import type { $ZodType } from "../deps.ts";
import type { MessageMapping, ValueMapping } from "./mapping.ts";
import { createParser } from "./safe_parse.ts";
import type { Issue } from "./violations.ts";

/** Up to here a request is parsed without further ado. */
const MANY = 5000;
/** Of a request that is wrong in one place of a hundred, two of three are found out. */
const PICKS = 100;

/** What is wrong with a request, as far as that shows; `undefined` if it may be parsed. */
export type FloodGuard = (value: unknown) => readonly Issue[] | undefined;

/** A list or a map, somewhere in a request. */
interface Many {
  readonly path: readonly PropertyKey[];
  readonly schema: $ZodType;
  readonly elements: AnyElements;
}

type AnyElements = readonly unknown[] | ReadonlyMap<unknown, unknown> | object;
type AnyObject = Readonly<Record<string, unknown>>;
type Parser = ReturnType<typeof createParser>;

/** @returns `undefined` if there are no lists and maps. */
export function createFloodGuard(mapping: ValueMapping): FloodGuard | undefined {
  if (!holdsMany(mapping)) return undefined;
  const holder = new Holders().of(mapping);
  const parsers = new Map<$ZodType, Parser>();
  const parserOf = (schema: $ZodType) => {
    const parser = parsers.get(schema) ?? createParser(schema);
    parsers.set(schema, parser);
    return parser;
  };
  return (value) => {
    const total = count(holder, value);
    if (total <= MANY) return undefined;
    const all: Many[] = [];
    collect(holder, value, [], all);
    return tryPicks(all, total, parserOf);
  };
}

/** What in a value is a list or a map, or holds some. */
interface Holder {
  /** Of a oneof, by the literal of each variant. */
  readonly discriminator?: string;
  readonly variants: ReadonlyMap<unknown, Holder>;
  readonly fields: readonly HoldingField[];
}

interface HoldingField {
  readonly key: string;
  /** Of the elements, where it is a list or a map whose elements are parsed as they are. */
  readonly element: $ZodType | undefined;
  /** What the value, or each element, holds in turn; `undefined` for nothing. */
  readonly inner: Holder | undefined;
}

/** Made once for each mapping, as they may hold themselves. */
class Holders {
  readonly #known = new Map<ValueMapping, Holder>();

  of(mapping: ValueMapping): Holder {
    const known = this.#known.get(mapping);
    if (known !== undefined) return known;
    const fields: HoldingField[] = [];
    const variants = new Map<unknown, Holder>();
    const holder: Holder = {
      ...(mapping.kind === "union" && { discriminator: mapping.discriminator }),
      ...{ fields, variants },
    };
    this.#known.set(mapping, holder);
    if (mapping.kind === "union") {
      for (const { value, message } of mapping.variants) variants.set(value, this.of(message));
    }
    for (const field of mapping.kind === "message" ? mapping.fields : []) {
      const { key, element, value, isForgiving } = field;
      const inner = holdsMany(value) ? this.of(value) : undefined;
      if (isForgiving || (element === undefined && inner === undefined)) continue;
      fields.push({ key, element, inner });
    }
    return holder;
  }
}

/** How many elements a value has in all. Each request is counted: this makes no objects. */
function count(holder: Holder, value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const { fields } = variantOf(holder, value);
  let total = 0;
  for (const { key, element, inner } of fields) {
    const found = (value as AnyObject)[key];
    if (typeof found !== "object" || found === null) continue;
    if (element === undefined) {
      total += count(inner!, found);
      continue;
    }
    total += sizeOf(found);
    if (inner === undefined) continue;
    if (Array.isArray(found)) {
      for (const each of found) total += count(inner, each);
    } else {
      for (const [, each] of entriesOf(found)) total += count(inner, each);
    }
  }
  return total;
}

/** The lists and maps of a value, with their places. */
function collect(
  holder: Holder,
  value: unknown,
  path: readonly PropertyKey[],
  all: Many[],
): void {
  if (typeof value !== "object" || value === null) return;
  for (const { key, element, inner } of variantOf(holder, value).fields) {
    const found = (value as AnyObject)[key];
    if (typeof found !== "object" || found === null) continue;
    if (element === undefined) {
      collect(inner!, found, [...path, key], all);
      continue;
    }
    all.push({ path: [...path, key], schema: element, elements: found });
    if (inner === undefined) continue;
    for (const [index, each] of entriesOf(found)) collect(inner, each, [...path, key, index], all);
  }
}

function variantOf(holder: Holder, value: object): Holder {
  if (holder.discriminator === undefined) return holder;
  return holder.variants.get((value as AnyObject)[holder.discriminator]) ?? holder;
}

function tryPicks(
  all: readonly Many[],
  total: number,
  parserOf: (schema: $ZodType) => Parser,
): readonly Issue[] | undefined {
  const entries = new Map<Many, [PropertyKey, unknown][]>();
  for (let pick = 0; pick < PICKS; pick++) {
    let index = Math.floor(Math.random() * total);
    const many = all.find(({ elements }) => (index -= sizeOf(elements)) < 0)!;
    index += sizeOf(many.elements);
    if (!Array.isArray(many.elements) && !entries.has(many)) {
      entries.set(many, entriesOf(many.elements));
    }
    const [key, element] = entries.get(many)?.[index] ??
      [index, (many.elements as readonly unknown[])[index]];
    const result = parserOf(many.schema)(element);
    // Schemas that wait for something are not tried: what they do may cost more than it saves.
    if (result instanceof Promise) {
      result.catch(() => {});
      return undefined;
    }
    if (result.success) continue;
    const path = [...many.path, key];
    return result.error.issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] }));
  }
  return undefined;
}

/** Whether there are lists and maps in a value. */
function holdsMany(mapping: ValueMapping, seen: Set<ValueMapping> = new Set()): boolean {
  if (seen.has(mapping)) return false;
  seen.add(mapping);
  const messages: readonly MessageMapping[] = mapping.kind === "message"
    ? [mapping]
    : mapping.kind === "union"
    ? mapping.variants.map(({ message }) => message)
    : [];
  return messages.some(({ fields }) =>
    fields.some((field) => field.element !== undefined || holdsMany(field.value, seen))
  );
}

function sizeOf(elements: AnyElements): number {
  if (Array.isArray(elements)) return elements.length;
  return elements instanceof Map ? elements.size : Object.keys(elements).length;
}

function entriesOf(elements: AnyElements): [PropertyKey, unknown][] {
  if (Array.isArray(elements)) return elements.map((element, i) => [i, element]);
  return elements instanceof Map ? [...elements] : Object.entries(elements);
}
