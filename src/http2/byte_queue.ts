/**
 * Bytes that wait: those of a request until they are read, those of a response until they are sent.
 *
 * @module
 */

/** Blocks into which small pieces are copied. */
const [MIN_BLOCK_BYTES, MAX_BLOCK_BYTES] = [1024, 16_384];
/** When so many pieces have been taken, and half of all, the list is moved up. */
const MAX_TAKEN = 64;

const NOTHING = new Uint8Array();

/** Pieces of bytes, which come out in the order in which they were put in. */
export class ByteQueue {
  #pieces: Uint8Array[] = [];
  /** How many of them, at the beginning, are out already. */
  #taken = 0;
  #length = 0;
  /** What is being filled, behind all pieces: from `#start` to `#end` it waits, and then there is room. */
  #block: Uint8Array = NOTHING;
  #start = 0;
  #end = 0;

  /** Number of bytes. */
  get length(): number {
    return this.#length;
  }

  /** Puts bytes in as they are. They must not change any more. */
  push(bytes: Uint8Array): void {
    this.#cut();
    this.#pieces.push(bytes);
    this.#length += bytes.length;
  }

  /**
   * Puts bytes in that may wait for long. What is small beside the bytes that it came in would keep all
   * of those, and a thousand such pieces cost far more than a thousand bytes: it is copied to its like.
   */
  store(bytes: Uint8Array): void {
    if (isLarge(bytes)) return this.push(bytes);
    for (let at = 0; at < bytes.length;) at += this.#copySome(bytes, at);
  }

  /** Stores what was pushed. */
  compact(): void {
    this.#cut();
    const pieces = this.#pieces.slice(this.#taken);
    if (pieces.every(isLarge)) return;
    this.#pieces = [];
    this.#taken = 0;
    this.#length = 0;
    for (const piece of pieces) this.store(piece);
  }

  /** Takes the next bytes out: a piece, or as much of it as is wanted. There has to be one. */
  shift(maxBytes: number = Infinity): Uint8Array {
    if (this.#taken === this.#pieces.length) this.#cut();
    const piece = this.#pieces[this.#taken]!;
    if (piece.length > maxBytes) {
      this.#pieces[this.#taken] = piece.subarray(maxBytes);
      this.#length -= maxBytes;
      return piece.subarray(0, maxBytes);
    }
    this.#length -= piece.length;
    this.#taken++;
    if (this.#taken === this.#pieces.length) this.#moveUp();
    else if (this.#taken > MAX_TAKEN && this.#taken > this.#pieces.length / 2) this.#moveUp();
    return piece;
  }

  #moveUp(): void {
    this.#pieces.splice(0, this.#taken);
    this.#taken = 0;
  }

  /** Copies as much as fits into the block, and tells how much that is. */
  #copySome(bytes: Uint8Array, at: number): number {
    if (this.#end === this.#block.length) this.#startBlock(bytes.length);
    const end = Math.min(bytes.length, at + this.#block.length - this.#end);
    this.#block.set(bytes.subarray(at, end), this.#end);
    this.#end += end - at;
    this.#length += end - at;
    return end - at;
  }

  /** As long as all that waits: in the end half of it at most is room. */
  #startBlock(length: number): void {
    this.#cut();
    const wanted = Math.max(MIN_BLOCK_BYTES, length, this.#length);
    this.#block = new Uint8Array(Math.min(wanted, MAX_BLOCK_BYTES));
    this.#start = 0;
    this.#end = 0;
  }

  /** What waits in the block becomes a piece. */
  #cut(): void {
    if (this.#start === this.#end) return;
    this.#pieces.push(this.#block.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }
}

/** Whether it is worth keeping all that it came in. */
function isLarge(bytes: Uint8Array): boolean {
  return bytes.length >= bytes.buffer.byteLength / 2;
}
