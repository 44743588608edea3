import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import * as fc from "fast-check";
import { ReceiveWindow } from "../../src/http2/receive_window.ts";
import { checkProperty } from "../support/properties.ts";

Deno.test("ReceiveWindow allows as many bytes as it is large", () => {
  const window = new ReceiveWindow(100);
  assertEquals([window.take(60), window.take(40), window.take(1)], [true, true, false]);
});

Deno.test("ReceiveWindow is widened by what was read, once that is more than is left of it", () => {
  const window = new ReceiveWindow(100);
  window.take(51);
  assertEquals([window.give(30), window.give(19), window.give(1), window.give(1)], [0, 0, 50, 0]);
  assertEquals([window.take(99), window.take(1)], [true, false]);
});

Deno.test("ReceiveWindow is widened when bytes wait that take up nearly all of it", () => {
  const window = new ReceiveWindow(100);
  window.take(100);
  assertEquals([window.give(1), window.give(1), window.give(2), window.give(1)], [1, 0, 3, 0]);
});

Deno.test("ReceiveWindow grows once its reader has read half of it", () => {
  const window = new ReceiveWindow(100, 1000);
  window.take(51);
  assertEquals([window.give(49), window.give(1)], [0, 50 + 900]);
  // Of a window of 1000, 1 waits to be read.
  assertEquals([window.take(999), window.take(1)], [true, false]);
});

Deno.test("ReceiveWindow holds for a client that keeps to it, and never runs dry", () => {
  checkProperty(
    fc.property(
      fc.integer({ min: 2, max: 1000 }),
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.tuple(fc.nat(2000), fc.nat(2000)), { maxLength: 50 }),
      (size, factor, steps) => {
        const window = new ReceiveWindow(size, size * factor);
        let client = size;
        let unread = 0;
        for (const [wanted, read] of steps) {
          const sent = Math.min(wanted, client);
          client -= sent;
          unread += sent;
          assertEquals(window.take(sent), true);
          const taken = Math.min(read, unread);
          unread -= taken;
          client += window.give(taken);
          if (taken > 0) assertGreaterOrEqual(2 * client, size - unread);
        }
        client += window.give(unread);
        assertGreaterOrEqual(client, Math.floor(size / 2));
      },
    ),
  );
});
