import { assertEquals } from "@std/assert";
import { escapeJson, escapeText } from "../../src/cli/escape.ts";

const ESCAPED: readonly (readonly [text: string, escaped: string])[] = [
  ["plain é 🎉", "plain é 🎉"],
  // Marks that join letters are part of how people write.
  ["می\u200cخواهم 👩\u200d💻", "می\u200cخواهم 👩\u200d💻"],
  ["\x1b[31mred", "\\u001b[31mred"],
  ["\x9b31m", "\\u009b31m"],
  ["a\x07\x7f\r\tb", "a\\u0007\\u007f\\u000d\\u0009b"],
  ["a\u202eb\u2066c\u200fd\u2028", "a\\u202eb\\u2066c\\u200fd\\u2028"],
  ["line\nline", "line\\nline"],
];

for (const [text, escaped] of ESCAPED) {
  Deno.test(`escapeText() makes ${escaped} of it`, () => assertEquals(escapeText(text), escaped));
}

Deno.test("escapeJson() keeps what JSON is, over several lines, too", () => {
  const value = { text: "\x9b31m\u202e\x7f\x1b\n", list: [1, "é"] };
  for (const indent of [0, 2]) {
    const json = JSON.stringify(value, null, indent);
    const escaped = escapeJson(json);
    assertEquals(JSON.parse(escaped), value);
    // deno-lint-ignore no-control-regex
    assertEquals(/[\x7f-\x9f\u202e]|[\x00-\x09\x0b-\x1f]/.test(escaped), false);
    assertEquals(escaped.split("\n").length, json.split("\n").length);
  }
});
