/**
 * Statements for several numbers or names at once: `reserved`, and `extensions`.
 *
 * @module
 */

import {
  type DescriptorProto_ExtensionRange as ExtensionRange,
  ExtensionRangeOptionsSchema,
} from "../deps.ts";
import type { FileContext, Place } from "./file_context.ts";
import { appendToLast, type Piece, statementPiece } from "./layout.ts";
import { quote } from "./literals.ts";
import { optionsOf, withOptions } from "./options.ts";
import type { Placed } from "./order.ts";
import { commentsOf, startOf } from "./source_comments.ts";

/** The highest field number, and the highest int32, which a message set may use. */
const MAX_FIELD_NUMBER = 2 ** 29 - 1;
const MAX_INT32 = 2 ** 31 - 1;

/** Numbers from `start` to `end`; the descriptor says which of them count. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Numbers and names that nothing may use any more. */
export interface Reserved {
  readonly ranges: readonly Range[];
  readonly names: readonly string[];
  /** Path of each list, and what it holds. */
  readonly rangesPath: readonly number[];
  readonly namesPath: readonly number[];
  /** Enums count the end of a range in; messages do not. */
  readonly isEnum: boolean;
}

/** `reserved` statements, as many as the source had. */
export function reservedPieces(context: FileContext, reserved: Reserved): Placed<Piece>[] {
  const { ranges, names, rangesPath, namesPath, isEnum } = reserved;
  const range = ({ start, end }: Range) =>
    isEnum ? rangeText(start, end, MAX_INT32) : rangeText(start, end - 1, MAX_FIELD_NUMBER);
  const name = context.syntax === "editions" ? String : quote;
  return [
    ...reservedStatements(context, rangesPath, ranges.map(range)),
    ...reservedStatements(context, namesPath, names.map(name)),
  ];
}

/** `extensions` statements; ranges with different options cannot share one. */
export function extensionRangePieces(
  context: FileContext,
  ranges: readonly ExtensionRange[],
  { path, scope, isMessageSet }: Place & { readonly isMessageSet: boolean },
): Placed<Piece>[] {
  const max = isMessageSet ? MAX_INT32 - 1 : MAX_FIELD_NUMBER;
  return context.source.statements(path, ranges.length).flatMap(({ location, indexes }) => {
    const groups: { readonly options: readonly string[]; readonly texts: string[] }[] = [];
    for (const index of indexes) {
      const { start, end, options } = ranges[index]!;
      const owner = { name: scope, schema: ExtensionRangeOptionsSchema, options };
      const lines = withOptions("", optionsOf(context, owner));
      const last = groups.at(-1);
      const text = rangeText(start, end - 1, max);
      if (last && last.options.join("\n") === lines.join("\n")) last.texts.push(text);
      else groups.push({ options: lines, texts: [text] });
    }
    return groups.map(({ options, texts }, index) => {
      const [first, ...rest] = options;
      const statement = [`extensions ${texts.join(", ")}${first}`, ...rest];
      const comments = commentsOf(index === 0 ? location : undefined);
      const start = startOf(location ?? context.source.at([...path, indexes[0]!]));
      return {
        value: statementPiece(appendToLast(statement, ";"), { group: "extensions", comments }),
        start,
      };
    });
  });
}

function reservedStatements(
  { source }: FileContext,
  path: readonly number[],
  texts: readonly string[],
): Placed<Piece>[] {
  return source.statements(path, texts.length).map(({ location, indexes }) => {
    const statement = [`reserved ${indexes.map((index) => texts[index]!).join(", ")};`];
    const comments = commentsOf(location);
    const start = startOf(location ?? source.at([...path, indexes[0]!]));
    return { value: statementPiece(statement, { group: "reserved", comments }), start };
  });
}

function rangeText(start: number, last: number, max: number): string {
  if (start === last) return String(start);
  return `${start} to ${last === max ? "max" : last}`;
}
