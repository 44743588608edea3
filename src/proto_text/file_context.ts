/**
 * What the text of every declaration of a file depends on.
 *
 * @module
 */

import { type DescFile, Edition } from "../deps.ts";
import { ExtensionIndex } from "./extension_index.ts";
import { Names } from "./names.ts";
import { SourceComments } from "./source_comments.ts";

/** The language that a file is written in. */
export type Syntax = "proto2" | "proto3" | "editions";

/** The file that is written, and what is known of it. */
export interface FileContext {
  readonly file: DescFile;
  readonly syntax: Syntax;
  readonly names: Names;
  readonly source: SourceComments;
  readonly extensions: ExtensionIndex;
}

/** A declaration's place: its path in the descriptor, and the full name in whose braces it stands. */
export interface Place {
  readonly path: readonly number[];
  readonly scope: string;
}

/**
 * Collects what there is to know of a file.
 *
 * @throws {TypeError} If it is of an edition later than 2023.
 */
export function createFileContext(file: DescFile): FileContext {
  return {
    file,
    syntax: syntaxOf(file),
    names: new Names(file),
    source: new SourceComments(file.proto.sourceCodeInfo),
    extensions: new ExtensionIndex(file),
  };
}

/** The name of something within a scope, in full. */
export function within(scope: string, name: string): string {
  return scope === "" ? name : `${scope}.${name}`;
}

function syntaxOf({ edition, proto }: DescFile): Syntax {
  if (edition === Edition.EDITION_PROTO2) return "proto2";
  if (edition === Edition.EDITION_PROTO3) return "proto3";
  if (edition === Edition.EDITION_2023) return "editions";
  throw new TypeError(
    `Cannot write "${proto.name}" as .proto text: its edition is ${Edition[edition] ?? edition}; ` +
      `use proto2, proto3 or edition 2023`,
  );
}
