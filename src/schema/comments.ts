/**
 * Comments of a descriptor: protobuf keeps them apart from what they are about, by paths of numbers.
 *
 * @module
 */

import type { MessageInitShape, SourceCodeInfo_LocationSchema } from "../deps.ts";

type Location = MessageInitShape<typeof SourceCodeInfo_LocationSchema>;

/** Comments at and below a path. */
export class Comments {
  /** Of the whole file. */
  readonly locations: Location[];
  readonly #path: readonly number[];

  constructor(locations: Location[] = [], path: readonly number[] = []) {
    this.locations = locations;
    this.#path = path;
  }

  /**
   * Adds a comment, if there is one.
   *
   * @param steps The number of a field of the descriptor, and the index in it.
   * @returns For comments further below.
   */
  at(comment: string | undefined, ...steps: readonly number[]): Comments {
    const path = [...this.#path, ...steps];
    if (comment !== undefined && comment.trim() !== "") {
      const lines = comment.trim().split(/\r?\n/).map((line) => ` ${line.trimEnd()}`.trimEnd());
      const line = this.locations.length;
      this.locations.push({
        path,
        span: [line, 0, 0],
        leadingComments: `${lines.join("\n")}\n`,
      });
    }
    return new Comments(this.locations, path);
  }
}
