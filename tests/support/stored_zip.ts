/**
 * A zip archive of one file, without compression.
 *
 * @module
 */

import { crc32 } from "node:zlib";

const LOCAL = 0x0403_4b50;
const CENTRAL = 0x0201_4b50;
const END = 0x0605_4b50;
const VERSION = 20;
/** Read and run by all, in the half for Unix. */
const MODE = 0o100755;

/** Makes the archive. */
export function createStoredZip(name: string, content: Uint8Array): Uint8Array {
  const path = new TextEncoder().encode(name);
  const size = content.byteLength;
  // Flags, method, time, date; checksum, both sizes; length of the path, nothing extra.
  const about = [...u16(0, 0, 0, 0x21), ...u32(crc32(content), size, size), ...u16(path.length, 0)];
  const local = Uint8Array.of(...u32(LOCAL), ...u16(VERSION), ...about, ...path);
  const central = Uint8Array.of(
    ...u32(CENTRAL),
    ...u16(VERSION | 3 << 8, VERSION),
    ...about,
    ...u16(0, 0, 0),
    ...u32(MODE << 16, 0),
    ...path,
  );
  const offset = local.byteLength + size;
  const end = Uint8Array.of(
    ...u32(END),
    ...u16(0, 0, 1, 1),
    ...u32(central.byteLength, offset),
    ...u16(0),
  );
  const zip = new Uint8Array(offset + central.byteLength + end.byteLength);
  zip.set(local);
  zip.set(content, local.byteLength);
  zip.set(central, offset);
  zip.set(end, offset + central.byteLength);
  return zip;
}

function u16(...values: number[]): number[] {
  return values.flatMap((value) => [value & 0xff, value >>> 8 & 0xff]);
}

function u32(...values: number[]): number[] {
  return values.flatMap((value) => u16(value & 0xffff, value >>> 16));
}
