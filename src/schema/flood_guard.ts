/**
 * A guard against requests that are all wrong. Zod notes each thing that is not valid before it says
 * so: of 4 MiB of texts that are too short there are two million, which held a server up for 13 s. So
 * where lists and maps are very long, some of their elements are tried first, picked at random. A
 * request gets past that only if nearly all of it is valid. What cannot be tried so is bounded.
 *
 * @module
 */

import { type $ZodType, Code, ConnectError } from "../deps.ts";
import {
  type Elements,
  type Holder,
  holderOf,
  keysOf,
  type ListedKeys,
  type Many,
  walk,
} from "./many.ts";
import type { ValueMapping } from "./mapping.ts";
import { createParser, type ParseResult } from "./safe_parse.ts";
import type { Issue } from "./violations.ts";

/**
 * How many elements a request may have, in all, of which none can be tried before the whole: those of
 * lists and maps that wait for something, or that `z.preprocess()`, `.pipe()` or `.catch()` are around,
 * and of JSON.
 */
export const MAX_UNTRIED_ELEMENTS = 100_000;

/** Up to here a request is parsed without further ado. */
const MANY = 5000;
/** Of a request that is wrong in one place of a hundred, two of three are found out. */
const PICKS = 100;

/**
 * What is wrong with a request, as far as that shows; `undefined` if it may be parsed.
 *
 * @throws {ConnectError} RESOURCE_EXHAUSTED if it has too many elements that cannot be tried.
 */
export type FloodGuard = (value: unknown) => readonly Issue[] | undefined;

type Parser = ReturnType<typeof createParser>;

/**
 * @param isTried Whether elements tell something of the whole.
 * @returns `undefined` if there are no lists, maps and JSON.
 */
export function createFloodGuard(mapping: ValueMapping, isTried: boolean): FloodGuard | undefined {
  const holder = holderOf(mapping, isTried);
  if (holder === undefined) return undefined;
  const parsers = new Parsers();
  return (value) => {
    const keys: ListedKeys = new Map();
    const tried = count(holder, value, keys, parsers);
    if (tried <= MANY) return undefined;
    const { waiting } = parsers;
    const issues = tryPicks(picksOf(holder, value, keys, tried, parsers), parsers);
    // By now it may be known of more of them that they wait.
    if (parsers.waiting > waiting) count(holder, value, keys, parsers);
    return issues;
  };
}

/** Parsers of elements, and which of them wait for something. */
class Parsers {
  readonly #parsers = new Map<$ZodType, Parser>();
  readonly #waiting = new Set<$ZodType>();

  /** @returns `undefined` if it cannot be said at once. */
  parse(schema: $ZodType, value: unknown): ParseResult | undefined {
    if (this.waits(schema)) return undefined;
    const parser = this.#parsers.get(schema) ?? createParser(schema);
    this.#parsers.set(schema, parser);
    const result = parser(value);
    if (!(result instanceof Promise)) return result;
    result.catch(() => {});
    this.#waiting.add(schema);
    return undefined;
  }

  /** How many of the schemas wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  waits(schema: $ZodType): boolean {
    return this.#waiting.has(schema);
  }
}

/** @returns How many elements of a value can be tried. */
function count(holder: Holder, value: unknown, keys: ListedKeys, parsers: Parsers): number {
  let tried = 0;
  let untried = 0;
  walk(holder, value, {
    keys,
    onMany(many) {
      if (canTry(many, parsers)) tried += many.size;
      else untried += many.size;
    },
    onJson: (size) => untried += size,
  });
  if (untried <= MAX_UNTRIED_ELEMENTS) return tried;
  throw new ConnectError(
    `too many elements: ${untried}, more than ${MAX_UNTRIED_ELEMENTS}`,
    Code.ResourceExhausted,
  );
}

function canTry({ field, isTried }: Many, parsers: Parsers): boolean {
  return isTried && !parsers.waits(field.element!);
}

/** An element that is to be tried, with its place. */
interface Pick {
  readonly path: readonly PropertyKey[];
  readonly key: PropertyKey;
  readonly element: unknown;
  readonly schema: $ZodType;
  readonly keySchema: $ZodType | undefined;
  readonly isMap: boolean;
}

/** Picks elements by their numbers, in one walk, so that nothing is made for all the others. */
function picksOf(
  holder: Holder,
  value: unknown,
  listed: ListedKeys,
  total: number,
  parsers: Parsers,
): Pick[] {
  const numbers = Float64Array.from({ length: PICKS }, () => Math.floor(Math.random() * total));
  numbers.sort();
  const picks: Pick[] = [];
  let first = 0;
  walk(holder, value, {
    keys: listed,
    onMany(many, path) {
      if (!canTry(many, parsers)) return;
      const { field, elements, size } = many;
      let entryAt: ReturnType<typeof entriesOf> | undefined;
      for (let i = picks.length; i < PICKS && numbers[i]! < first + size; i++) {
        entryAt ??= entriesOf(elements, listed);
        const [key, element] = entryAt(numbers[i]! - first);
        const { element: schema, keySchema } = field;
        const isMap = elements instanceof Map;
        picks.push({ path: [...path], key, element, schema: schema!, keySchema, isMap });
      }
      first += size;
    },
    onJson: () => {},
  });
  return picks;
}

/** The elements by their positions. Those of a map are listed for it. */
function entriesOf(
  elements: Elements,
  listed: ListedKeys,
): (index: number) => readonly [PropertyKey, unknown] {
  if (Array.isArray(elements)) return (index) => [index, elements[index]];
  if (elements instanceof Map) {
    const entries = [...elements];
    return (index) => entries[index]!;
  }
  const keys = keysOf(elements, listed)!;
  return (index) => [keys[index]!, (elements as Record<string, unknown>)[keys[index]!]];
}

function tryPicks(picks: readonly Pick[], parsers: Parsers): readonly Issue[] | undefined {
  for (const { path, key, element, schema, keySchema, isMap } of picks) {
    const place = [...path, key];
    if (keySchema !== undefined && parsers.parse(keySchema, key)?.success === false) {
      const message = `Invalid key in ${isMap ? "map" : "record"}`;
      return [{ code: "invalid_key", path: place, message }];
    }
    const result = parsers.parse(schema, element);
    if (result === undefined || result.success) continue;
    return result.error.issues.map((issue) => ({ ...issue, path: [...place, ...issue.path] }));
  }
  return undefined;
}
