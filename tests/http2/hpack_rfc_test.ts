import { assertEquals } from "@std/assert";
import { HpackEncoder } from "../../src/http2/hpack_encoder.ts";
import { createDecoder, decodeBlock } from "../support/hpack_blocks.ts";

/** What a block of RFC 7541, Appendix C, stands for. `:status` is not for a server to read. */
interface Example {
  readonly block: string;
  readonly pseudo?: readonly (string | undefined)[];
  readonly fields?: readonly string[];
  readonly bytes: number;
}

const SINGLE_FIELDS: Readonly<Record<string, Example>> = {
  "C.2.1, a literal with indexing": {
    block: "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
    fields: ["custom-key", "custom-header"],
    bytes: 55,
  },
  "C.2.2, a literal without indexing": {
    block: "040c 2f73 616d 706c 652f 7061 7468",
    pseudo: [undefined, undefined, "/sample/path", undefined],
    bytes: 49,
  },
  "C.2.3, a literal that is never indexed": {
    block: "1008 7061 7373 776f 7264 0673 6563 7265 74",
    fields: ["password", "secret"],
    bytes: 46,
  },
  "C.2.4, an indexed field": {
    block: "82",
    pseudo: ["GET", undefined, undefined, undefined],
    bytes: 42,
  },
};

const FIRST_REQUEST = { pseudo: ["GET", "http", "/", "www.example.com"], bytes: 180 };
const SECOND_REQUEST = { ...FIRST_REQUEST, fields: ["cache-control", "no-cache"], bytes: 233 };
const THIRD_REQUEST = {
  pseudo: ["GET", "https", "/index.html", "www.example.com"],
  fields: ["custom-key", "custom-value"],
  bytes: 245,
};

const DATE = ["date", "Mon, 21 Oct 2013 20:13:21 GMT"];
const LOCATION = ["location", "https://www.example.com"];
const RESPONSE = { fields: ["cache-control", "private", ...DATE, ...LOCATION], bytes: 222 };
const LAST_RESPONSE = {
  fields: [
    ...["cache-control", "private", "date", "Mon, 21 Oct 2013 20:13:22 GMT", ...LOCATION],
    ...["content-encoding", "gzip", "set-cookie"],
    "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
  ],
  bytes: 372,
};

interface Session {
  readonly maxTableSize?: number;
  readonly examples: readonly Example[];
}

const SESSIONS: Readonly<Record<string, Session>> = {
  "C.3, requests": {
    examples: [
      { block: "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d", ...FIRST_REQUEST },
      { block: "8286 84be 5808 6e6f 2d63 6163 6865", ...SECOND_REQUEST },
      {
        block: "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
        ...THIRD_REQUEST,
      },
    ],
  },
  "C.4, requests with Huffman coding": {
    examples: [
      { block: "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff", ...FIRST_REQUEST },
      { block: "8286 84be 5886 a8eb 1064 9cbf", ...SECOND_REQUEST },
      { block: "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf", ...THIRD_REQUEST },
    ],
  },
  "C.5, responses that evict": {
    maxTableSize: 256,
    examples: [
      {
        block: `4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133
          2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65
          2e63 6f6d`,
        ...RESPONSE,
      },
      { block: "4803 3330 37c1 c0bf", ...RESPONSE },
      {
        block: `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d
          54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541
          5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31`,
        ...LAST_RESPONSE,
      },
    ],
  },
  "C.6, responses with Huffman coding that evict": {
    maxTableSize: 256,
    examples: [
      {
        block: `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6
          2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3`,
        ...RESPONSE,
      },
      { block: "4883 640e ffc1 c0bf", ...RESPONSE },
      {
        block: `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab
          77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587
          3160 65c0 03ed 4ee5 b106 3d50 07`,
        ...LAST_RESPONSE,
      },
    ],
  },
};

const NO_PSEUDO = [undefined, undefined, undefined, undefined];

for (const [title, example] of Object.entries(SINGLE_FIELDS)) {
  Deno.test(`HpackDecoder decodes ${title}`, () => checkSession({ examples: [example] }));
}

for (const [title, session] of Object.entries(SESSIONS)) {
  Deno.test(`HpackDecoder decodes ${title}`, () => checkSession(session));
}

function checkSession({ maxTableSize = 4096, examples }: Session): void {
  const decoder = createDecoder({ maxTableSize });
  for (const { block, pseudo = NO_PSEUDO, fields = [], bytes } of examples) {
    const list = decodeBlock(decoder, block);
    assertEquals([list.method, list.scheme, list.path, list.authority], pseudo);
    assertEquals(list.fields, fields);
    assertEquals(list.bytes, bytes);
  }
}

Deno.test("HpackEncoder encodes integers as C.1 does", () => {
  for (const [size, digits] of [[10, "2a"], [1337, "3f9a0a"]] as const) {
    const encoder = new HpackEncoder();
    encoder.limitTable(size);
    assertEquals(encoder.encode({}).toHex(), digits);
  }
});
