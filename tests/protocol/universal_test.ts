import { assertEquals } from "@std/assert";
import { toResponseFields } from "../../src/protocol/fields.ts";

/** What Connect or a handler has set, and what goes out. */
const GRPC_MESSAGES: Readonly<Record<string, string>> = {
  [encodeURIComponent("a/b: c? #[]@!$&'()*+,;=~")]: "a/b: c? #[]@!$&'()*+,;=~",
  [encodeURIComponent("100% ü")]: "100%25 %C3%BC",
  [encodeURIComponent("%2F %41")]: "%252F %2541",
  [encodeURIComponent("a\r\n\0\x7fb")]: "a%0D%0A%00%7Fb",
  [encodeURIComponent(" ")]: "%20",
  [encodeURIComponent("  a  ")]: "%20 a %20",
  "%2f": "/",
  "%zz": "%zz",
  "%": "%",
  "%E4": "%E4",
  "%F0%9F": "%F0%9F",
  "": "",
};

for (const [stored, sent] of Object.entries(GRPC_MESSAGES)) {
  Deno.test(`toResponseFields() encodes grpc-message no more than gRPC does: "${stored}"`, () => {
    assertEquals(toResponseFields(new Headers({ "grpc-message": stored })), {
      "grpc-message": sent,
    });
  });
}

Deno.test("toResponseFields() keeps cookies apart, and joins other values", () => {
  const headers = new Headers([["set-cookie", "a=1"], ["set-cookie", "b=2"], ["x", "1"], [
    "x",
    "2",
  ]]);
  assertEquals(toResponseFields(headers), { "set-cookie": ["a=1", "b=2"], "x": "1, 2" });
});
