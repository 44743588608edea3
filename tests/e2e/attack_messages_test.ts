import { assertEquals } from "@std/assert";
import { gzipSync } from "node:zlib";
import { startVictim, type Victim } from "../support/attack.ts";
import { connectHttp2 } from "../support/http2_client.ts";
import { bytesOf, concat } from "../support/http2_frames.ts";
import {
  nestedGroups,
  nestedTree,
  nestedTreeJson,
  nestedValue,
  nestedValueJson,
  varint,
} from "../support/nested_messages.ts";
import {
  bodyOf,
  CONTENT_TYPES,
  FORMATS,
  readStatus,
  type WireFormat,
} from "../support/wire_formats.ts";

const MIB = 2 ** 20;
const COMPRESSED = 1;
const ENCODING_FIELDS: Readonly<Record<WireFormat, string>> = {
  "grpc": "grpc-encoding",
  "grpc-web": "grpc-encoding",
  "connect stream": "connect-content-encoding",
  "connect unary": "content-encoding",
};

/** So many MiB of zeros in about a thousandth of that, which is the most that gzip does. */
function bomb(mib: number): Uint8Array {
  return gzipSync(new Uint8Array(mib * MIB), { level: 9 });
}

/** A message, and the code with which it is refused; `ok` if all that can be said is what it costs. */
interface BadMessage {
  readonly bytes: () => Uint8Array;
  readonly code: string;
  readonly method?: string;
  readonly json?: boolean;
  readonly mib?: number;
}

const MESSAGES: Readonly<Record<string, BadMessage>> = {
  "a tree of 101 levels": { bytes: () => nestedTree(101), code: "internal" },
  "a tree of 100,000 levels": { bytes: () => nestedTree(100_000), code: "internal" },
  "groups of 1,000,000 levels": { bytes: () => nestedGroups(1_000_000), code: "internal" },
  "a Value of 100,000 levels": {
    bytes: () => nestedValue(100_000),
    code: "internal",
    method: "EchoValue",
  },
  "a tree of 101 levels in JSON": {
    bytes: () => nestedTreeJson(101),
    code: "invalid_argument",
    json: true,
  },
  "a tree of 100,000 levels in JSON": {
    bytes: () => nestedTreeJson(100_000),
    code: "invalid_argument",
    json: true,
  },
  "a Value of 100,000 levels in JSON": {
    bytes: () => nestedValueJson(100_000),
    code: "invalid_argument",
    method: "EchoValue",
    json: true,
  },
  "a million unknown fields": {
    bytes: () => new Uint8Array(2 * MIB).map((_, index) => index % 2 === 0 ? 0x78 : 0),
    code: "ok",
    mib: 768,
  },
  "a million numbers": {
    bytes: () => new Uint8Array(2 * MIB).map((_, index) => index % 2 === 0 ? 0x10 : 1),
    code: "ok",
    mib: 512,
  },
  "a million packed numbers": {
    bytes: () => concat(Uint8Array.of(0x12, ...varint(MIB)), new Uint8Array(MIB).fill(1)),
    code: "ok",
    mib: 512,
  },
  "a million messages for one field": {
    bytes: () => new Uint8Array(2 * MIB).map((_, index) => index % 2 === 0 ? 0x0a : 0),
    code: "ok",
    mib: 512,
  },
  "a list of half a million numbers in JSON": {
    bytes: () => bytesOf(`[${"1,".repeat(MIB / 2)}1]`),
    code: "ok",
    method: "EchoValue",
    json: true,
    mib: 512,
  },
};

Deno.test("app.serve() stands messages that nest without end, and those of countless fields", async (test) => {
  await using victim = await startVictim();
  for (const [name, message] of Object.entries(MESSAGES)) {
    await test.step(name, async () => {
      const { method = "Echo", json, mib = 256, code } = message;
      const bytes = message.bytes();
      const { result } = await victim.endure(name, { mib }, () =>
        call(victim, {
          path: `/nesting.v1.Nesting/${method}`,
          fields: { "content-type": json ? "application/json" : "application/proto" },
          body: bytes,
        }));
      assertEquals(result, code);
    });
  }
});

Deno.test("app.serve() unpacks no gzip bomb beyond the limit", async (test) => {
  await using victim = await startVictim();
  // A gzip file may have several members, which are unpacked one after the other.
  const member = bomb(256);
  const bytes = concat(member, member, member, member);
  for (const format of FORMATS) {
    await test.step(`${bytes.length} bytes that are 1 GiB, 10 times (${format})`, async () => {
      const { result } = await victim.endure(
        format,
        { mib: 256 },
        () => codesOf(10, () => callCompressed(victim, format, bytes)),
      );
      assertEquals(result, ["resource_exhausted"]);
    });
  }
});

Deno.test("app.serve() stands gzip bombs of just below the limit", async () => {
  await using victim = await startVictim();
  const name = 4 * MIB - 16;
  const bytes = gzipSync(
    concat(Uint8Array.of(0x0a, ...varint(name)), new Uint8Array(name).fill(0x61)),
  );
  const { result } = await victim.endure(
    `${bytes.length} bytes that are 4 MiB, 30 times at once`,
    { mib: 1024 },
    () => codesOf(30, () => callCompressed(victim, "grpc", bytes)),
  );
  assertEquals(result, ["ok"]);
});

/** Makes calls at once, and tells the codes that came back. */
async function codesOf(count: number, call: () => Promise<string>): Promise<string[]> {
  return [...new Set(await Promise.all(Array.from({ length: count }, call)))];
}

function callCompressed(victim: Victim, format: WireFormat, bytes: Uint8Array): Promise<string> {
  return call(victim, {
    path: `/greeter.v1.Greeter/${format === "connect stream" ? "Chat" : "SayHello"}`,
    fields: { "content-type": CONTENT_TYPES[format], [ENCODING_FIELDS[format]]: "gzip" },
    body: bodyOf(format, bytes, COMPRESSED),
  });
}

async function call(
  { port }: Victim,
  { path, fields, body }: { path: string; fields: Record<string, string>; body: Uint8Array },
): Promise<string> {
  using client = connectHttp2(`http://127.0.0.1:${port}`);
  return readStatus(await client.request(path, fields, body)).code;
}
