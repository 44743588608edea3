import { assertEquals, assertRejects } from "@std/assert";
import { splitJson } from "../../src/cli/json_values.ts";
import { ConfigError } from "../../src/errors.ts";

const SPLIT: readonly (readonly [text: string, values: readonly string[]])[] = [
  ["", []],
  [" \n\t", []],
  ["{}", ["{}"]],
  ['{"a": 1}{"b": [2, {}]}', ['{"a": 1}', '{"b": [2, {}]}']],
  ['{"a": 1}\n{"a": 2}\n', ['{"a": 1}', '{"a": 2}']],
  ['{\n  "a": 1\n}\n\n{}', ['{\n  "a": 1\n}', "{}"]],
  ['{"a": "}{"}', ['{"a": "}{"}']],
  ['{"a": "\\"}"} {}', ['{"a": "\\"}"}', "{}"]],
  ['{"a": "\\\\"}{}', ['{"a": "\\\\"}', "{}"]],
  ['"2026" "a b"', ['"2026"', '"a b"']],
  ["1 2.5e3 true null", ["1", "2.5e3", "true", "null"]],
  ['1{"a": 2}"x"', ["1", '{"a": 2}', '"x"']],
  ["[[1], []]", ["[[1], []]"]],
  ["é{}", ["é", "{}"]],
];

for (const [text, values] of SPLIT) {
  Deno.test(`splitJson() finds ${values.length} values in ${JSON.stringify(text)}, however it comes`, async () => {
    assertEquals(await Array.fromAsync(splitJson([text])), values);
    assertEquals(await Array.fromAsync(splitJson(text.split(""))), values);
    for (let at = 1; at < text.length; at++) {
      assertEquals(await Array.fromAsync(splitJson([text.slice(0, at), text.slice(at)])), values);
    }
  });
}

Deno.test("splitJson() gives a value as soon as it is complete", async () => {
  const seen: string[] = [];
  async function* pieces() {
    yield '{"a": 1';
    assertEquals(seen, []);
    yield '}{"b"';
    assertEquals(seen, ['{"a": 1}']);
    yield await Promise.resolve(": 2}");
    assertEquals(seen, ['{"a": 1}', '{"b": 2}']);
  }
  for await (const value of splitJson(pieces())) seen.push(value);
  assertEquals(seen.length, 2);
});

for (const text of ["{", '{"a": "}', "[1", '"a', "{} {"]) {
  Deno.test(`splitJson() tells that ${JSON.stringify(text)} is cut off`, async () => {
    await assertRejects(() => Array.fromAsync(splitJson([text])), ConfigError, "cut off");
  });
}

Deno.test("splitJson() takes as long as the text is, also for a value in many pieces", async () => {
  const value = `{"a": "${"x".repeat(1_000_000)}"}`;
  const pieces = value.match(/[^]{1,100}/g)!;
  assertEquals(await Array.fromAsync(splitJson(pieces)), [value]);
});
