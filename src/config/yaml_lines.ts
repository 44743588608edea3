/**
 * In which line of a YAML file a key stands, which `@std/yaml` does not tell. Nothing of YAML's
 * grammar is known here: where a key seems to be, another one is put in its place, and the parser says
 * whether it was that key. Comments, quotes, anchors and flow mappings are the parser's business so.
 *
 * @module
 */

import type { YamlParser } from "./yaml.ts";

type Span = readonly [from: number, to: number];

/** What is between quotes, if they begin there: a quote in a comment begins nothing. */
const QUOTED = [/"((?:[^"\\]|\\[^])*)"/dy, /'((?:[^']|'')*)'/dy];

/**
 * Finds the line of a key. Of a mapping that an alias repeats it is the line where it is written.
 *
 * @param text That the parser takes.
 * @param path The keys that lead to it, and itself.
 * @returns From 1; `undefined` if it is written in a way that nothing can be put in its place.
 */
export function lineOfKey(
  text: string,
  path: readonly string[],
  parse: YamlParser,
): number | undefined {
  const key = path.at(-1)!;
  const parents = path.slice(0, -1);
  let marker = "Marker";
  while (text.includes(marker)) marker += "0";
  for (const [from, to] of placesOf(text, key)) {
    const parent = valueAt(text.slice(0, from) + marker + text.slice(to), parents, parse);
    if (parent === undefined || Object.hasOwn(parent, key)) continue;
    if (Object.hasOwn(parent, marker)) return lineAt(text, from);
  }
  return undefined;
}

/** Where the key may be: where it is written as it is, and then anything in quotes. */
function* placesOf(text: string, key: string): Generator<Span> {
  if (key !== "") {
    for (let at = text.indexOf(key); at >= 0; at = text.indexOf(key, at + 1)) {
      yield [at, at + key.length];
    }
  }
  for (const pattern of QUOTED) {
    for (let at = 0; at < text.length; at++) {
      pattern.lastIndex = at;
      const indices = pattern.exec(text)?.indices;
      if (indices !== undefined) yield indices[1]!;
    }
  }
}

/** The mapping at a path, if the text has one there. */
function valueAt(text: string, path: readonly string[], parse: YamlParser): object | undefined {
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    // What was replaced was no key, but an anchor perhaps.
    return undefined;
  }
  for (const key of path) {
    if (!isMapping(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return isMapping(value) ? value : undefined;
}

/** Whether a value of YAML is a mapping. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The lines of a text; they end as YAML has it. */
export function linesOf(text: string): string[] {
  return text.split(/\r\n|\r|\n/);
}

function lineAt(text: string, at: number): number {
  return linesOf(text.slice(0, at)).length;
}
