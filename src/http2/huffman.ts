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
 * The decoder takes a byte at a time. Its state is a node of the code's tree, of which there are 256:
 * which bits it has seen of a code that is not complete. For each state and each byte, a step has the
 * state after it in its lowest 8 bits, then two symbols of 8 bits, then how many of them there are. No
 * code has less than 5 bits, so that a byte completes two at most.
 */
const STEPS = new Int32Array(256 * 256);
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
  // The shortest codes have 5 bits; each step writes two bytes, whether they count or not.
  return (length * 8 / 5 | 0) + 2;
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
    const step = STEPS[state << 8 | bytes[at]!]!;
    if (step === NO_STEP) return -1;
    state = step & 0xff;
    out[length] = step >>> 8;
    out[length + 1] = step >>> 16;
    length += step >>> 24;
  }
  return MAY_END[state] === 1 ? length : -1;
}

function assignCodes(): Uint32Array {
  const codes = new Uint32Array(CODE_LENGTHS.length);
  let code = 0;
  for (let length = 1; length <= 30; length++) {
    CODE_LENGTHS.forEach((each, symbol) => {
      if (each === length) codes[symbol] = code++;
    });
    code <<= 1;
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
    for (let byte = 0; byte < 256; byte++) {
      STEPS[state << 8 | byte] = stepFrom(children, state, byte);
    }
  }
  for (let node = 0, bits = 0; bits <= MAX_PADDING_BITS; bits++) {
    MAY_END[node] = 1;
    node = children[node << 1 | 1]!;
  }
}

function stepFrom(children: Int16Array, state: number, byte: number): number {
  let node = state;
  let symbols = 0;
  let count = 0;
  for (let bit = 7; bit >= 0; bit--) {
    node = children[node << 1 | byte >>> bit & 1]!;
    if (node >= 0) continue;
    if (~node === EOS) return NO_STEP;
    symbols |= ~node << 8 * count++;
    node = 0;
  }
  return count << 24 | symbols << 8 | node;
}
