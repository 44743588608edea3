/**
 * What is handed down while schemas are read: messages hold types, and types are messages.
 *
 * @module
 */

import type { Definition, Side } from "./definition.ts";
import type { FileDraft } from "./file_draft.ts";
import type { MessageMapping, UnionMapping, ValueMapping } from "./mapping.ts";
import type { Place } from "./setup_error.ts";

/** One reading of schemas into a file. */
export interface Reading {
  readonly draft: FileDraft;
  readonly side: Side;
  /** Messages without an id that are being read, by schema: a message may hold itself. */
  readonly ancestors: Map<object, MessageMapping | UnionMapping>;
  /**
   * Reads any type by itself; `name` is for messages and enums without an id. A union that is a field
   * needs no message of its own.
   */
  readType(
    reading: Reading,
    definition: Definition,
    name: string,
    place: Place,
    isField?: boolean,
  ): ValueMapping;
}
