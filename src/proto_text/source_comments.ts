/**
 * Where declarations stood in the source that a descriptor was made from, and what was said of
 * them. Without `source_code_info` everything stands nowhere, and nothing was said.
 *
 * @module
 */

import type { SourceCodeInfo, SourceCodeInfo_Location } from "../deps.ts";

/** Numbers of fields and indexes that lead from a `FileDescriptorProto` to a part of it. */
export type Path = readonly number[];

/** Comments, line by line, without slashes. */
export interface Comments {
  /** Each a paragraph that stands before, and belongs to nothing. */
  readonly detached: readonly (readonly string[])[];
  readonly leading: readonly string[];
  readonly trailing: readonly string[];
}

/** Some entries of a list that were declared by one statement, such as `reserved 1, 2;`. */
export interface Statement {
  readonly location: SourceCodeInfo_Location | undefined;
  readonly indexes: readonly number[];
}

/** The locations of a file. */
export class SourceComments {
  readonly #locations = new Map<string, SourceCodeInfo_Location[]>();

  constructor(info: SourceCodeInfo | undefined) {
    for (const location of info?.location ?? []) {
      const key = location.path.join();
      const known = this.#locations.get(key);
      if (known) known.push(location);
      else this.#locations.set(key, [location]);
    }
  }

  /** Where something stood; the first place, if a statement for the same came several times. */
  at(path: Path): SourceCodeInfo_Location | undefined {
    return this.#locations.get(path.join())?.[0];
  }

  /** Tells which entries of a list were declared together. */
  statements(list: Path, count: number): Statement[] {
    const all = this.#locations.get(list.join()) ?? [];
    const statements: { location: SourceCodeInfo_Location | undefined; indexes: number[] }[] = [];
    for (let index = 0; index < count; index++) {
      const entry = this.at([...list, index]);
      const location = entry && all.find((each) => encloses(each, entry));
      const last = statements.at(-1);
      if (last && last.location === location) last.indexes.push(index);
      else statements.push({ location, indexes: [index] });
    }
    return statements;
  }
}

/** What was said of a place. */
export function commentsOf(location: SourceCodeInfo_Location | undefined): Comments {
  return {
    detached: (location?.leadingDetachedComments ?? []).map(toLines).filter(({ length }) => length),
    leading: toLines(location?.leadingComments ?? ""),
    trailing: toLines(location?.trailingComments ?? ""),
  };
}

/**
 * Line and column where a place begins, each from 0. What has no width, as in comments that a program
 * has made, stands nowhere.
 */
export function startOf(
  location: SourceCodeInfo_Location | undefined,
): readonly [number, number] | undefined {
  const [line, column, end] = location?.span ?? [];
  if (line === undefined || column === undefined || end === undefined) return undefined;
  return location?.span.length === 3 && column === end ? undefined : [line, column];
}

function encloses(outer: SourceCodeInfo_Location, inner: SourceCodeInfo_Location): boolean {
  return compare(start(outer), start(inner)) <= 0 && compare(end(inner), end(outer)) <= 0;
}

function start({ span }: SourceCodeInfo_Location): readonly number[] {
  return span.slice(0, 2);
}

/** A span is start line, start column, end line unless it is the same, end column. */
function end({ span }: SourceCodeInfo_Location): readonly number[] {
  return span.length > 3 ? span.slice(2) : [span[0] ?? 0, span[2] ?? 0];
}

function compare(a: readonly number[], b: readonly number[]): number {
  return (a[0] ?? 0) - (b[0] ?? 0) || (a[1] ?? 0) - (b[1] ?? 0);
}

/** What ends a line for some who read the text, and would put the rest of it outside of the comment. */
const LINE_ENDS = /\r\n?|[\x85\u2028\u2029]/g;

/** What is not seen, and can make a terminal or a reviewer see something else. */
// deno-lint-ignore no-control-regex
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/** What turns the text around it: comments that look like code, and code that looks like comments. */
const BIDI_OVERRIDES = /[\u202a-\u202e\u2066-\u2069]/g;

/** The lines of a comment: one blank in front belongs to the slashes, the end of the last is none. */
function toLines(text: string): string[] {
  const lines = text.toWellFormed()
    .replace(LINE_ENDS, "\n").replace(CONTROLS, " ").replace(BIDI_OVERRIDES, "")
    .split("\n").map((line) => line.replace(/^ /, "").trimEnd());
  const first = lines.findIndex((line) => line !== "");
  const last = lines.findLastIndex((line) => line !== "");
  return first < 0 ? [] : lines.slice(first, last + 1);
}
