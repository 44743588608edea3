/**
 * Settings from the text of a YAML file. All that is wrong with it is told at once, with its lines.
 *
 * @module
 */

import { ConfigError, suggest } from "../errors.ts";
import { CONFIG_GROUPS, CONFIG_KEYS } from "./keys.ts";
import { describeValue, type Setting } from "./setting.ts";
import type { YamlParser } from "./yaml.ts";
import { isMapping, lineOfKey, linesOf } from "./yaml_lines.ts";

/** How many problems are told: to find the line of each takes a while, and nobody reads on. */
const MOST_PROBLEMS = 20;

/**
 * Reads a text.
 *
 * @param file Its name, for errors and sources.
 * @throws {ConfigError} If it is no YAML, a key is unknown, or a value is none for its key.
 */
export function readDocument(text: string, file: string, parse: YamlParser): Setting[] {
  const reader = new Reader(text, file, parse);
  reader.readGroup(parseWhole(text, file, parse), []);
  if (reader.problems.length === 0) return reader.settings;
  const lines = reader.problems.sort((a, b) => a.line - b.line).map((problem) => problem.text);
  if (reader.untold > 0) lines.push(`${file}: ${reader.untold} more of the kind`);
  throw new ConfigError(lines.join("\n"));
}

class Reader {
  readonly settings: Setting[] = [];
  readonly problems: { readonly line: number; readonly text: string }[] = [];
  untold = 0;
  readonly #text: string;
  readonly #file: string;
  readonly #parse: YamlParser;

  constructor(text: string, file: string, parse: YamlParser) {
    this.#text = text;
    this.#file = file;
    this.#parse = parse;
  }

  /** Reads the whole, or a key that holds others. */
  readGroup(value: unknown, path: readonly string[]): void {
    // All that is in it may be commented out.
    if (value === null) return;
    if (!isMapping(value)) return this.#report(path, `is ${describeValue(value)}, not a mapping`);
    const prefix = path.map((each) => `${each}.`).join("");
    const keys = CONFIG_KEYS.filter((key) => parentOf(key.path) === path.join("."));
    const known = [
      ...keys.map(({ path }) => path.slice(prefix.length)),
      ...path.length === 0 ? Object.keys(CONFIG_GROUPS) : [],
    ];
    for (const [name, child] of Object.entries(value)) {
      const childPath = [...path, name];
      const key = keys.find((each) => each.path === prefix + name);
      if (key?.entries !== undefined) this.#readEntries(key, child, childPath);
      else if (key !== undefined) this.#readValue(key, undefined, child, childPath);
      else if (known.includes(name)) this.readGroup(child, childPath);
      else this.#report(childPath, `is not known: ${nearest(name, known)}`);
    }
  }

  #readEntries(key: Setting["key"], value: unknown, path: readonly string[]): void {
    if (value === null) return;
    if (!isMapping(value)) return this.#report(path, `is ${describeValue(value)}, not a mapping`);
    for (const [entry, child] of Object.entries(value)) {
      this.#readValue(key, entry, child, [...path, entry]);
    }
  }

  #readValue(
    key: Setting["key"],
    entry: string | undefined,
    value: unknown,
    path: readonly string[],
  ): void {
    if (!key.type.accepts(value)) {
      return this.#report(path, `is ${describeValue(value)}: ${key.type.wanted} is wanted`);
    }
    const sourceOf = () => this.#placeOf(path).text;
    this.settings.push({
      ...{ key, entry, value },
      get source() {
        return sourceOf();
      },
    });
  }

  #report(path: readonly string[], what: string): void {
    if (this.problems.length >= MOST_PROBLEMS) {
      this.untold++;
      return;
    }
    const { line, text } = this.#placeOf(path);
    const name = path.length === 0 ? "the file" : path.join(".");
    // The parser takes a tab for no indentation, so that the key is one of the whole.
    const isTabbed = path.length === 1 && /^ *\t/.test(linesOf(this.#text)[line - 1] ?? "");
    const hint = isTabbed ? " A tab indents nothing in YAML: use blanks" : "";
    this.problems.push({ line, text: `${text}: ${name} ${what}${hint}` });
  }

  /** The line of a key; of one that cannot be found, that of what holds it. */
  #placeOf(path: readonly string[]): { line: number; text: string } {
    for (let length = path.length; length > 0; length--) {
      const line = lineOfKey(this.#text, path.slice(0, length), this.#parse);
      if (line !== undefined) return { line, text: `${this.#file}:${line}` };
    }
    return { line: 1, text: `${this.#file}:1` };
  }
}

/** The key that was meant: perhaps one that stands in another group. */
function nearest(name: string, known: readonly string[]): string {
  const elsewhere = CONFIG_KEYS.find(({ path }) => path.endsWith(`.${name}`));
  return elsewhere === undefined ? suggest(name, known) : `did you mean "${elsewhere.path}"?`;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf(".")));
}

/** The parser's message has the line in it, and shows it; errors here begin with the line. */
function parseWhole(text: string, file: string, parse: YamlParser): unknown {
  try {
    return parse(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const [, what, line] = /^([^]*?) at line (\d+), column \d+/.exec(message) ?? [];
    const place = line === undefined ? file : `${file}:${line}`;
    throw new ConfigError(`${place}: ${what ?? message}`, { cause });
  }
}
