import { assertEquals, assertStrictEquals } from "@std/assert";
import type { HeaderList } from "../../src/http2/header_list.ts";
import { createDecoder, decodeBlock } from "../support/hpack_blocks.ts";
import { RECORDED_BLOCKS } from "../support/recorded_blocks.ts";

for (const [client, recording] of Object.entries(RECORDED_BLOCKS)) {
  Deno.test(`HpackDecoder reads what ${client} sends`, () => {
    const { blocks, fields, timeouts } = recording;
    const decoder = createDecoder();
    const lists = blocks.map((block) => decodeBlock(decoder, block));
    lists.forEach((list, call) => {
      const timeout = timeouts && { "grpc-timeout": timeouts[call]! };
      assertEquals(allFields(list), { ...fields, ...timeout });
      assertEquals(list.requestFault, undefined);
    });
    // From the third call on, most send the same block.
    const [, , third, fourth] = blocks;
    if (third !== undefined && third === fourth) assertStrictEquals(lists[3], lists[2]);
  });
}

function allFields(list: HeaderList): Record<string, string | undefined> {
  const { method, scheme, path, authority } = list;
  return {
    ":method": method,
    ":scheme": scheme,
    ":path": path,
    ":authority": authority,
    ...list.record,
  };
}
