import fc from "fast-check";
import { assertEquals } from "@std/assert";
import { startNghttp2 } from "../support/hpack_peer.ts";
import { decodeSession, encodeSession, listsOf, SESSION } from "../support/hpack_session.ts";
import { isInstalled } from "../support/program.ts";
import { checkAsyncProperty, checkProperty } from "../support/properties.ts";

const ignore = !await isInstalled("node");

Deno.test("HpackDecoder reads what HpackEncoder sends, as tables change", () => {
  checkProperty(fc.property(SESSION, (steps) => {
    assertEquals(decodeSession(encodeSession(steps)), listsOf(steps));
    // A status is for clients to read.
    assertEquals(decodeSession(encodeSession(steps, 418)), listsOf(steps));
  }));
});

Deno.test({ name: "HpackDecoder reads what nghttp2 sends, as tables change", ignore }, async () => {
  await using peer = startNghttp2();
  const property = fc.asyncProperty(SESSION, async (steps) => {
    assertEquals(decodeSession(await peer.encode(steps)), listsOf(steps));
  });
  await checkAsyncProperty(property, 200);
});

Deno.test({ name: "nghttp2 reads what HpackEncoder sends, as tables change", ignore }, async () => {
  await using peer = startNghttp2();
  const property = fc.asyncProperty(SESSION, async (steps) => {
    assertEquals(await peer.decode(encodeSession(steps, 200)), listsOf(steps));
  });
  await checkAsyncProperty(property, 200);
});
