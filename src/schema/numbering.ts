/**
 * Numbers for fields and enum values where no lock keeps them: by the order of declaration, which is
 * good for tests and for services that never change.
 *
 * @module
 */

import type { FileModel, Numbers } from "./model.ts";

/** These belong to protobuf itself. */
const FIRST_RESERVED = 19_000;
const LAST_RESERVED = 19_999;

/** Counts fields from 1, and values of enums from 0. */
export function numberInOrder({ messages, enums }: FileModel): Numbers {
  const isBelow = (index: number) => index + 1 < FIRST_RESERVED;
  const skipped = LAST_RESERVED - FIRST_RESERVED + 1;
  return {
    fields: new Map(messages.map(({ name, fields }) => [
      name,
      new Map(fields.map(({ name }, i) => [name, isBelow(i) ? i + 1 : i + 1 + skipped])),
    ])),
    values: new Map(enums.map(({ name, values }) => [
      name,
      new Map(values.map(({ name }, i) => [name, i])),
    ])),
    reserved: new Map(),
  };
}
