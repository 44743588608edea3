import { assertEquals, assertLess, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import process from "node:process";
import { promisify } from "node:util";
import { constants, zstdCompress } from "node:zlib";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";
import { COMPRESSIONS } from "../../src/protocol/compression.ts";
import { randomBytes } from "../support/random_bytes.ts";

const MIB = 1024 * 1024;
/** Around the size of the pieces in which zlib hands its output over, and with several of them. */
const SIZES = [1, 2, 100, 16_383, 16_384, 16_385, 32_768, 300_000];
/** As long as many small messages, so that there are pieces before and behind what is broken. */
const MESSAGE = randomBytes(40_000);

const [, , br, zstd] = COMPRESSIONS as [Compression, Compression, Compression, Compression];

Deno.test("COMPRESSIONS are those that node:zlib has", () => {
  assertEquals(COMPRESSIONS.map(({ name }) => name), ["gzip", "deflate", "br", "zstd"]);
});

for (const { name, compress, decompress } of COMPRESSIONS) {
  const assertFails = async (bytes: Uint8Array, code: Code, limit = MIB) => {
    const error = await assertRejects(() => decompress(bytes, limit), ConnectError);
    assertEquals(Code[error.code], Code[code]);
  };

  Deno.test(`${name} gives back what it was given, as plain bytes`, async () => {
    assertEquals(await decompress(new Uint8Array(), 1), new Uint8Array());
    for (const size of SIZES) {
      for (const bytes of [randomBytes(size), new Uint8Array(size).fill(120)]) {
        const packed = await compress(bytes);
        const unpacked = await decompress(packed, size);
        assertEquals(packed.constructor, Uint8Array);
        assertEquals(unpacked.constructor, Uint8Array);
        assertEquals(unpacked, bytes);
      }
    }
  });

  Deno.test(`${name} makes a message with repetitions smaller`, async () => {
    assertLess((await compress(new Uint8Array(100_000).fill(120))).length, 200);
  });

  Deno.test(`${name} unpacks no more than the limit`, async () => {
    for (const size of SIZES.slice(1)) {
      const packed = await compress(randomBytes(size));
      await assertFails(packed, Code.ResourceExhausted, size - 1);
    }
  });

  Deno.test(`${name} does not unpack a bomb`, async () => {
    const bomb = await compress(new Uint8Array(64 * MIB));
    assertLess(bomb.length, MIB);
    const whole = await leastCpuMs(() => decompress(bomb, 64 * MIB));
    const refused = await leastCpuMs(() => assertFails(bomb, Code.ResourceExhausted, MIB));
    // A sixty-fourth of the work, and as much of the memory.
    assertLess(refused, whole / 2);
  });

  Deno.test(`${name} takes nothing that breaks off, wherever it does`, async () => {
    const packed = await compress(MESSAGE);
    for (let length = 1; length < packed.length; length += 1 + Math.floor(length / 10)) {
      await assertFails(packed.subarray(0, length), Code.InvalidArgument);
    }
    await assertFails(packed.subarray(0, -1), Code.InvalidArgument);
  });

  Deno.test(`${name} survives bytes that are broken`, async () => {
    const packed = await compress(MESSAGE);
    for (let at = 0; at < packed.length; at += 1 + Math.floor(at / 20)) {
      const broken = packed.slice();
      broken[at]! ^= 0xff;
      // Where there is no checksum, it may come out as something else, but it does come out.
      const outcome = await decompress(broken, MIB).catch((error: ConnectError) => error.code);
      if (typeof outcome === "number") assertEquals(Code[outcome], "InvalidArgument");
    }
    await assertFails(new TextEncoder().encode(`this is not ${name}`), Code.InvalidArgument);
  });
}

Deno.test("br takes nothing that goes on after its end", async () => {
  const packed = await br.compress(MESSAGE);
  for (const more of [Uint8Array.of(0), packed]) {
    const longer = new Uint8Array([...packed, ...more]);
    await assertRejects(() => br.decompress(longer, MIB), ConnectError, "decompression failed");
  }
});

Deno.test("zstd is packed into one frame, and taken from several", async () => {
  for (const size of SIZES) {
    const packed = await zstd.compress(randomBytes(size));
    assertEquals(frameCount(packed), 1);
  }
  const packed = await zstd.compress(MESSAGE);
  assertEquals(await zstd.decompress(repeated(packed, 16), MIB), repeated(MESSAGE, 16));
  // What Deno itself makes of a message that fills a piece has a second frame, which is empty.
  const ofDeno = new Uint8Array(await promisify(zstdCompress)(MESSAGE));
  assertEquals(await zstd.decompress(ofDeno, MESSAGE.length), MESSAGE);
});

Deno.test("zstd takes no more in all of its frames than the limit, nor too many of them", async () => {
  const packed = await zstd.compress(MESSAGE);
  const limit = 2 * MESSAGE.length;
  await assertRejects(
    () => zstd.decompress(repeated(packed, 3), limit - 1),
    ConnectError,
    "larger",
  );
  const empty = await promisify(zstdCompress)(new Uint8Array());
  await assertRejects(() => zstd.decompress(repeated(empty, 17), MIB), ConnectError, "failed");
});

Deno.test("zstd takes no window above 8 MiB, whatever the message is", async () => {
  for (const [windowLog, isTaken] of [[23, true], [24, false]] as const) {
    const params = { [constants.ZSTD_c_windowLog]: windowLog };
    const packed = await promisify(zstdCompress)(new Uint8Array(2 ** windowLog + 1), { params });
    const outcome = zstd.decompress(packed, 64 * MIB).then(() => true, () => false);
    assertEquals(await outcome, isTaken);
  }
});

function repeated(bytes: Uint8Array, times: number): Uint8Array {
  return new Uint8Array(Buffer.concat(Array<Uint8Array>(times).fill(bytes)));
}

/** By the number that each begins with; random bytes have it hardly ever. */
function frameCount(bytes: Uint8Array): number {
  return Buffer.from(bytes).toString("latin1").split("\x28\xb5\x2f\xfd").length - 1;
}

/** How long the processor was busy with something, at best: the collection of garbage counts too. */
async function leastCpuMs(work: () => Promise<unknown>): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < 3; i++) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}
