/**
 * A guard against requests that are all wrong. Zod notes each thing that is not valid before it says
 * so: of 4 MiB of texts that are too short there are two million, which held a server up for 13 s. So
 * where lists and maps are very long, some of their elements are tried first, picked at random. A
 * request gets past that only if nearly all of it is valid.
 *
 * @module
 */

import type { $ZodType } from "zod/v4/core";
import type { FieldMapping, MessageMapping, ValueMapping } from "./mapping.ts";
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
type Visit = (field: FieldMapping, elements: AnyElements, path: readonly PropertyKey[]) => void;
type Parser = ReturnType<typeof createParser>;

/** @returns `undefined` if there are no lists and maps. */
export function createFloodGuard(mapping: ValueMapping): FloodGuard | undefined {
  if (!holdsMany(mapping)) return undefined;
  const walk = createWalk();
  const parsers = new Map<$ZodType, Parser>();
  const parserOf = (schema: $ZodType) => {
    const parser = parsers.get(schema) ?? createParser(schema);
    parsers.set(schema, parser);
    return parser;
  };
  return (value) => {
    let total = 0;
    walk(mapping, value, [], (_, elements) => total += sizeOf(elements));
    if (total <= MANY) return undefined;
    const all: Many[] = [];
    walk(mapping, value, [], ({ element }, elements, path) => {
      all.push({ path, schema: element!, elements });
    });
    return tryPicks(all, total, parserOf);
  };
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

/** Visits all lists and maps whose elements are parsed as they are. */
function createWalk() {
  const holds = new Map<ValueMapping, boolean>();
  const mayHold = (mapping: ValueMapping) => {
    const known = holds.get(mapping) ?? holdsMany(mapping);
    holds.set(mapping, known);
    return known;
  };
  return function walk(
    mapping: ValueMapping,
    value: unknown,
    path: readonly PropertyKey[],
    visit: Visit,
  ): void {
    if (typeof value !== "object" || value === null) return;
    const object = value as Readonly<Record<string, unknown>>;
    if (mapping.kind === "union") {
      const literal = object[mapping.discriminator];
      const variant = mapping.variants.find(({ value }) => value === literal);
      if (variant !== undefined) walk(variant.message, value, path, visit);
    }
    if (mapping.kind !== "message") return;
    for (const field of mapping.fields) {
      const found = object[field.key];
      if (field.isForgiving || typeof found !== "object" || found === null) continue;
      const isHolding = mayHold(field.value);
      if (field.element === undefined) {
        if (isHolding) walk(field.value, found, [...path, field.key], visit);
        continue;
      }
      visit(field, found, [...path, field.key]);
      if (!isHolding) continue;
      for (const [key, element] of entriesOf(found)) {
        walk(field.value, element, [...path, field.key, key], visit);
      }
    }
  };
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
