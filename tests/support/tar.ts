/**
 * Reads tar archives, as far as packages go: plain files with paths of up to 255 bytes (POSIX ustar).
 *
 * @module
 */

const BLOCK = 512;
const NAME = [0, 100] as const;
const SIZE = [124, 136] as const;
const TYPE = 156;
const PREFIX = [345, 500] as const;

/** The files of an archive, by their paths. */
export async function readTar(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const archive = new Uint8Array(await new Response(stream).arrayBuffer());
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at < archive.byteLength && archive[at] !== 0;) {
    const header = archive.subarray(at, at + BLOCK);
    const size = parseInt(textOf(header, SIZE), 8);
    const kind = String.fromCharCode(header[TYPE]!);
    if (!"0\x005".includes(kind)) throw new Error(`Cannot read a tar entry of type "${kind}"`);
    const path = [textOf(header, PREFIX), textOf(header, NAME)].filter(Boolean).join("/");
    if (kind !== "5") files.set(path, archive.slice(at + BLOCK, at + BLOCK + size));
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

function textOf(header: Uint8Array, [from, to]: readonly [number, number]): string {
  return new TextDecoder().decode(header.subarray(from, to)).split("\0", 1)[0]!.trim();
}
