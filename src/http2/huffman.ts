/**
 * HPACK's Huffman code (RFC 7541, section 5.2 and Appendix B). Only the lengths of its codes stand
 * here, for the code is canonical: codes of one length are in the order of their symbols, and those
 * of the next length go on where they stop.
 *
 * @module
 */

/** The length of each byte's code, and at last of EOS, as digits of base 32. */
const LENGTHS = "dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6ca" +
  "d67777777777777777777777878djde6f56565666577666567655677777fbeds" +
  "kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn" +
  "qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrqu";

const EOS = 256;
const MAX_PADDING_BITS = 7;
/** What a step is where the input has EOS, which "MUST be treated as a decoding error". */
const NO_STEP = -1;

const CODE_LENGTHS = Uint8Array.from(LENGTHS, (digit) => parseInt(digit, 32));
const CODES = assignCodes();

/**
 * The decoder takes half a byte at a time. Its state is a node of the code's tree, of which there are
 * 256: which bits it has seen of a code that is not complete. For each state and each half of a byte, a
 * step has the state after it in its lowest 8 bits, then a symbol of 8 bits, then whether there is one:
 * no code has less than 5 bits, so that there are not two.
 */
const STEPS = new Int32Array(256 * 16);
/** 1 for each state in which the input may end: the bits of no code, 7 ones at most. */
const MAY_END = new Uint8Array(256);
buildSteps();

/** The number of bytes that a text has when it is encoded, a character being a byte. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) bits += CODE_LENGTHS[text.charCodeAt(i)]!;
  return (bits + 7) >>> 3;
}

/**
 * Encodes a text, a character being a byte.
 *
 * @param out Has room for {@linkcode huffmanLength} bytes at `at`.
 * @returns where it ends in `out`
 */
export function huffmanEncode(text: string, out: Uint8Array, at: number): number {
  let pending = 0;
  let pendingBits = 0;
  for (let i = 0; i < text.length; i++) {
    const symbol = text.charCodeAt(i);
    const code = CODES[symbol]!;
    let left = CODE_LENGTHS[symbol]!;
    // Up to 7 bits are pending, and an integer has 32: the longest codes go in two parts.
    if (left > 24) {
      left -= 16;
      pending = pending << left | code >>> 16;
      pendingBits += left;
      while (pendingBits >= 8) out[at++] = pending >>> (pendingBits -= 8);
      left = 16;
    }
    pending = pending << left | code & (1 << left) - 1;
    pendingBits += left;
    while (pendingBits >= 8) out[at++] = pending >>> (pendingBits -= 8);
  }
  if (pendingBits > 0) out[at++] = pending << 8 - pendingBits | 0xff >>> pendingBits;
  return at;
}

/**
 * The room that {@linkcode huffmanDecode} needs.
 *
 * @param length Of what is encoded, in bytes.
 */
export function maxDecodedLength(length: number): number {
  // The shortest codes have 5 bits; each step writes a byte, whether it counts or not.
  return (length * 8 / 5 | 0) + 1;
}

/**
 * Decodes what stands in `bytes` from `start` to `end`.
 *
 * @param out Has room for {@linkcode maxDecodedLength} bytes at its beginning.
 * @returns the number of bytes that it wrote, or -1 if EOS is among them, or if the bits after the last
 *   symbol are more than 7 or not all ones
 */
export function huffmanDecode(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
): number {
  let state = 0;
  let length = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    const first = STEPS[state << 4 | byte >>> 4]!;
    out[length] = first >>> 8;
    length += first >>> 16;
    const second = STEPS[(first & 0xff) << 4 | byte & 0xf]!;
    out[length] = second >>> 8;
    length += second >>> 16;
    state = second & 0xff;
    if ((first | second) < 0) return -1;
  }
  return MAY_END[state] === 1 ? length : -1;
}

function assignCodes(): Uint32Array {
  const codes = new Uint32Array(CODE_LENGTHS.length);
  const symbols = Array.from(CODE_LENGTHS.keys());
  // Sorting is stable: symbols of one length stay in their order.
  symbols.sort((a, b) => CODE_LENGTHS[a]! - CODE_LENGTHS[b]!);
  let code = 0;
  let length = 0;
  for (const symbol of symbols) {
    code <<= CODE_LENGTHS[symbol]! - length;
    length = CODE_LENGTHS[symbol]!;
    codes[symbol] = code++;
  }
  return codes;
}

/** The tree: two children of each node, of which a negative one is the complement of a symbol. */
function buildTree(): Int16Array {
  const children = new Int16Array(512);
  let nodes = 1;
  CODE_LENGTHS.forEach((length, symbol) => {
    let node = 0;
    for (let bit = length - 1; bit > 0; bit--) {
      const child = node << 1 | CODES[symbol]! >>> bit & 1;
      if (children[child] === 0) children[child] = nodes++;
      node = children[child]!;
    }
    children[node << 1 | CODES[symbol]! & 1] = ~symbol;
  });
  return children;
}

function buildSteps(): void {
  const children = buildTree();
  for (let state = 0; state < 256; state++) {
    for (let bits = 0; bits < 16; bits++) {
      STEPS[state << 4 | bits] = stepFrom(children, state, bits);
    }
  }
  for (let node = 0, bits = 0; bits <= MAX_PADDING_BITS; bits++) {
    MAY_END[node] = 1;
    node = children[node << 1 | 1]!;
  }
}

function stepFrom(children: Int16Array, state: number, bits: number): number {
  let node = state;
  let emitted = 0;
  for (let bit = 3; bit >= 0; bit--) {
    node = children[node << 1 | bits >>> bit & 1]!;
    if (node >= 0) continue;
    if (~node === EOS) return NO_STEP;
    emitted = 1 << 16 | ~node << 8;
    node = 0;
  }
  return emitted | node;
}
