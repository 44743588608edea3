/**
 * Messages that nest, for `nesting_service.ts`: built as bytes, for no library would write them.
 *
 * @module
 */

import { bytesOf } from "./http2_frames.ts";

/** Tags of length-delimited fields (field number and wire type 2). */
const TAG = { child: 0x0a, values: 0x0a, listValue: 0x32 } as const;
/** Begins and ends a group in field 3 that no message has. */
const GROUP = { start: 0x1b, end: 0x1c } as const;

/** A tree of so many levels. */
export function nestedTree(levels: number): Uint8Array {
  return nest(Array.from({ length: levels }, () => TAG.child));
}

/** A `google.protobuf.Value` that is a list with one element, which is a list, and so on. */
export function nestedValue(levels: number): Uint8Array {
  return nest(Array.from({ length: levels }, () => [TAG.values, TAG.listValue]).flat());
}

/** Groups within groups, all in a field that is not known. */
export function nestedGroups(levels: number): Uint8Array {
  const bytes = new Uint8Array(2 * levels).fill(GROUP.end);
  return bytes.fill(GROUP.start, 0, levels);
}

/** A tree of so many levels in JSON. */
export function nestedTreeJson(levels: number): Uint8Array {
  return bytesOf(`${'{"child":'.repeat(levels)}{}${"}".repeat(levels)}`);
}

/** A list in a list in JSON, and so on. */
export function nestedValueJson(levels: number): Uint8Array {
  return bytesOf("[".repeat(levels) + "]".repeat(levels));
}

/** A 32-bit varint. */
export function varint(value: number): number[] {
  return value < 128 ? [value] : [value % 128 + 128, ...varint(Math.floor(value / 128))];
}

/** Puts nothing into the first field, that into the second, and so on. */
function nest(tags: readonly number[]): Uint8Array {
  let length = 0;
  const fields = tags.map((tag) => {
    const field = [tag, ...varint(length)];
    length += field.length;
    return field;
  });
  return Uint8Array.from(fields.reverse().flat());
}
