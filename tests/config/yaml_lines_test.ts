import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseYaml } from "../../src/config/yaml.ts";
import { lineOfKey } from "../../src/config/yaml_lines.ts";
import { checkProperty } from "../support/properties.ts";

interface Case {
  readonly what: string;
  readonly text: string;
  readonly path: readonly string[];
  readonly line: number | undefined;
}

const CASES: readonly Case[] = [
  { what: "in a block", text: "a: 1\nb: 2", path: ["b"], line: 2 },
  { what: "below a key of the same name", text: "a:\n  a: 1", path: ["a", "a"], line: 2 },
  {
    what: "after a comment that names it",
    text: "# b: 1\na: 1 # b: 2\nb: 3",
    path: ["b"],
    line: 3,
  },
  { what: "after a value that looks like it", text: 'a: "b: 1"\nb: 2', path: ["b"], line: 2 },
  { what: "after a text in a block", text: "a: |\n  b: 1\n  c\nb: 2", path: ["b"], line: 4 },
  { what: "after a text that is folded", text: "a: x\n  b c\nb: 2", path: ["b"], line: 3 },
  { what: "in a flow mapping", text: "a: {\n  c: 1,\n  b: 2 }", path: ["a", "b"], line: 3 },
  { what: "in a mapping of JSON", text: '{"a":\n{"b":1,\n"c":2}}', path: ["a", "c"], line: 3 },
  { what: "in double quotes", text: 'a: 1\n"b": 2', path: ["b"], line: 2 },
  { what: "in double quotes with an escape", text: 'a: 1\n"\\x62": 2', path: ["b"], line: 2 },
  { what: "in single quotes", text: "a: 1\n'it''s': 2", path: ["it's"], line: 2 },
  { what: "with blanks in it", text: "a: 1\nb c: 2", path: ["b c"], line: 2 },
  { what: "in the mapping of an anchor", text: "a: &b\n  b: 1\nc: *b", path: ["c", "b"], line: 2 },
  { what: "whose value has an anchor of its name", text: "a: &a 1\nb: *a", path: ["a"], line: 1 },
  { what: "after the start of a document", text: "%YAML 1.2\n---\na: 1", path: ["a"], line: 3 },
  { what: "with a question mark", text: "a: 1\n? b\n: 2", path: ["b"], line: 2 },
  { what: "that is a number", text: "a: 1\n5: 2", path: ["5"], line: 2 },
  { what: "that is __proto__", text: "a: 1\n__proto__: 2", path: ["__proto__"], line: 2 },
  {
    what: "in a list, which is no mapping",
    text: "a:\n  - b: 1",
    path: ["a", "b"],
    line: undefined,
  },
  { what: "that is not there", text: "a: b", path: ["b"], line: undefined },
  { what: "that is empty", text: 'a: 1\n"": 2', path: [""], line: 2 },
  { what: "that is no text", text: "a: 1\n? [b, c]\n: 2", path: ["b,c"], line: undefined },
  { what: "after lines that end with CR LF", text: "a: 1\r\n\r\nb: 2", path: ["b"], line: 3 },
  { what: "behind a mark of the byte order", text: "\ufeffa: 1\nb: 2", path: ["b"], line: 2 },
];

for (const { what, text, path, line } of CASES) {
  Deno.test(`lineOfKey() finds a key ${what}`, () => {
    assertEquals(lineOfKey(text, path, parseYaml), line);
  });
}

/** A mapping with the ways in which its keys are written. */
interface Entry {
  readonly key: string;
  readonly quote: "plain" | "single" | "double" | "escaped";
  /** Lines before it. */
  readonly before: readonly string[];
  /** What stands behind its value. */
  readonly behind: string;
  readonly anchor: boolean;
  readonly value: string | Mapping;
}
interface Mapping {
  readonly flow: boolean;
  readonly entries: readonly Entry[];
}

const KEY = fc.oneof(
  fc.constantFrom("a", "b", "port", "por", "limits", "a.b", "x y", "__proto__", "it's", "null"),
  fc.stringMatching(/^[a-z][a-zA-Z0-9_.\/-]{0,5}$/),
);
const SCALAR = fc.oneof(
  KEY.map((text) => JSON.stringify(text)),
  fc.constantFrom("1", "port", "'a: 1'", '"b"', "x: y".replace(": ", ":"), ".inf"),
);

const { mapping: MAPPING } = fc.letrec<{ mapping: Mapping; entry: Entry }>((tie) => ({
  entry: fc.record({
    key: KEY,
    quote: fc.constantFrom("plain", "single", "double", "escaped"),
    before: fc.array(fc.constantFrom("", "# port: 1", "# a: {b: 1}", "   # '"), { maxLength: 2 }),
    behind: fc.constantFrom("", " # port", " # a: 1 'b\""),
    anchor: fc.boolean(),
    value: fc.oneof({ maxDepth: 3 }, SCALAR, tie("mapping")),
  }),
  mapping: fc.record({
    flow: fc.boolean(),
    entries: fc.uniqueArray(tie("entry"), { selector: ({ key }) => key, maxLength: 4 }),
  }),
}));

/** Writes a mapping, and notes in which line each key of it stands. */
class Writer {
  readonly lines: string[] = [""];
  readonly places: { readonly path: readonly string[]; readonly line: number }[] = [];
  #anchors = 0;

  write(mapping: Mapping, path: readonly string[], indent: number, inFlow: boolean): void {
    if (mapping.entries.length === 0) return this.#add(" {}");
    const isFlow = mapping.flow || inFlow;
    if (isFlow) this.#add(path.length === 0 ? "{" : " {");
    for (const [index, entry] of mapping.entries.entries()) {
      for (const line of entry.before) this.#break(line);
      this.#break(" ".repeat(indent));
      this.#add(this.#keyOf(entry) + ":");
      const entryPath = [...path, entry.key];
      this.places.push({ path: entryPath, line: this.lines.length });
      if (entry.anchor) {
        this.#add(` &${/^\w+$/.test(entry.key) ? entry.key : "x"}${this.#anchors++}`);
      }
      if (typeof entry.value === "string") this.#add(` ${entry.value}`);
      else this.write(entry.value, entryPath, indent + 2, isFlow);
      if (isFlow && index < mapping.entries.length - 1) this.#add(",");
      if (typeof entry.value === "string") this.#add(entry.behind);
    }
    if (isFlow) this.#break(" ".repeat(indent) + "}");
  }

  #keyOf({ key, quote }: Entry): string {
    const isPlain = /^[a-z][\w.\/ -]*$/.test(key) && key !== "null";
    if (quote === "single") return `'${key.replaceAll("'", "''")}'`;
    if (quote === "escaped") {
      return `"${
        [...key].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")
      }"`;
    }
    return quote === "plain" && isPlain ? key : JSON.stringify(key);
  }

  #add(text: string): void {
    this.lines[this.lines.length - 1] += text;
  }

  #break(text: string): void {
    this.lines.push(text);
  }
}

Deno.test("lineOfKey() finds every key of any file, however it is written", () => {
  checkProperty(
    fc.property(MAPPING, fc.constantFrom("\n", "\r\n"), (mapping, lineBreak) => {
      const writer = new Writer();
      writer.write(mapping, [], 0, false);
      const text = writer.lines.join(lineBreak) + lineBreak;
      parseYaml(text);
      for (const { path, line } of writer.places) {
        assertEquals(lineOfKey(text, path, parseYaml), line, `${path.join(" > ")} in\n${text}`);
      }
    }),
    300,
  );
});
