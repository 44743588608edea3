/**
 * Declarations as lines of text: indented, with their comments, and with the blank lines between
 * them. The form is the one that `buf format` leaves as it is.
 *
 * @module
 */

import { type Comments, commentsOf } from "./source_comments.ts";

/** A declaration, or a line of a body. */
export interface Piece {
  readonly lines: readonly string[];
  /** Pieces of one group follow each other without a blank line. */
  readonly group: string;
  /** Whether there is a blank line before it, and behind it, within its group too. */
  readonly hasGapBefore: boolean;
  readonly hasGapBehind: boolean;
}

/** What {@linkcode statementPiece} and {@linkcode blockPiece} put around a declaration. */
export interface PieceOptions {
  readonly group: string;
  /** @default {commentsOf(undefined)} none */
  readonly comments?: Comments;
}

/** What is before a body in braces, and the body itself. */
export interface Block {
  readonly head: string;
  readonly body: readonly Piece[];
}

const INDENT = "  ";

/** A declaration that ends with a semicolon. A trailing comment of one line stands behind it. */
export function statementPiece(
  statement: readonly string[],
  { group, comments = commentsOf(undefined) }: PieceOptions,
): Piece {
  const { trailing } = comments;
  const isBehind = trailing.length === 1;
  const lines = isBehind ? appendToLast(statement, ` ${slashed(trailing)[0]}`) : statement;
  const below = isBehind ? [] : slashed(trailing);
  return {
    lines: [...above(comments), ...lines, ...below],
    group,
    hasGapBefore: comments.detached.length > 0,
    hasGapBehind: below.length > 0,
  };
}

/** A declaration with a body. Its trailing comment is the one behind the opening brace. */
export function blockPiece(
  { head, body }: Block,
  { group, comments = commentsOf(undefined) }: PieceOptions,
): Piece {
  const comment = slashed(comments.trailing);
  const inner = joinPieces(body);
  const gap = comment.length > 0 && inner.length > 0 ? [""] : [];
  const lines = [...comment, ...gap, ...inner];
  const block = lines.length > 0 ? [`${head} {`, ...indent(lines), "}"] : [`${head} {}`];
  return asApart({ lines: [...above(comments), ...block], group });
}

/** A piece with blank lines around it. */
export function asApart({ lines, group }: Pick<Piece, "lines" | "group">): Piece {
  return { lines, group, hasGapBefore: true, hasGapBehind: true };
}

/** Puts pieces below each other, with a blank line where one belongs. */
export function joinPieces(pieces: readonly Piece[]): string[] {
  const lines: string[] = [];
  pieces.forEach((piece, index) => {
    const previous = pieces[index - 1];
    const isTight = !previous ||
      (previous.group === piece.group && !previous.hasGapBehind && !piece.hasGapBefore);
    lines.push(...isTight ? [] : [""], ...piece.lines);
  });
  return lines;
}

/** Puts lines one level deeper; empty ones stay empty. */
export function indent(lines: readonly string[]): string[] {
  return lines.map((line) => line === "" ? "" : INDENT + line);
}

/** Puts a text before the first line. */
export function prependToFirst(text: string, lines: readonly string[]): string[] {
  return [text + (lines[0] ?? ""), ...lines.slice(1)];
}

/** Puts a text behind the last line. */
export function appendToLast(lines: readonly string[], text: string): string[] {
  return [...lines.slice(0, -1), (lines.at(-1) ?? "") + text];
}

function above({ detached, leading }: Comments): string[] {
  return [...detached.flatMap((paragraph) => [...slashed(paragraph), ""]), ...slashed(leading)];
}

function slashed(lines: readonly string[]): string[] {
  return lines.map((line) => line === "" ? "//" : `// ${line}`);
}
