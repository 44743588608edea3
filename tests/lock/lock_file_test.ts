import fc from "fast-check";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../src/errors.ts";
import { applyLock } from "../../src/lock/apply_lock.ts";
import { formatLock, readLock } from "../../src/lock/lock_file.ts";
import { ANY_TEXT, checkProperty } from "../support/properties.ts";
import { field } from "../support/schema_parts.ts";
import { HISTORY, stepsOf } from "../support/schema_history.ts";
import { BASE } from "./lock_base.ts";

const [ASK, SAY] = BASE.messages;

/** Without `times` and `COLOR_RED`, with more fields, and with a message that is gone. */
const TEXT = formatLock(
  [
    { ...BASE, messages: [...BASE.messages, { name: "demo.v1.Gone", fields: SAY!.fields }] },
    {
      ...BASE,
      messages: [SAY!, {
        ...ASK!,
        fields: [
          ...ASK!.fields.filter(({ name }) => name !== "times"),
          { ...field("page_size", { kind: "scalar", scalar: "int32" }), jsonName: "limit" },
          {
            ...field("seen", { kind: "message", name: "google.protobuf.Timestamp" }),
            label: "map",
            keyType: "string",
          } as const,
        ],
      }],
      enums: [{ ...BASE.enums[0]!, values: BASE.enums[0]!.values.slice(0, 1) }],
    },
  ].reduce((lock, model) => applyLock(model, lock).lock, applyLock(BASE, undefined).lock),
);

const WANTED = `{
  "version": 1,
  "package": "demo.v1",
  "messages": {
    "demo.v1.Ask": {
      "fields": {
        "seen": { "number": 6, "type": "map<string, message google.protobuf.Timestamp>" },
        "page_size": { "number": 5, "type": "int32", "json": "limit" },
        "by_name": { "number": 4, "type": "message demo.v1.Say", "oneof": "way" },
        "color": { "number": 3, "type": "enum demo.v1.Color" },
        "name": { "number": 1, "type": "string" }
      },
      "reserved": {
        "times": 2
      }
    },
    "demo.v1.Gone": {
      "deleted": true,
      "fields": {
        "text": { "number": 1, "type": "string" }
      }
    },
    "demo.v1.Say": {
      "fields": {
        "text": { "number": 1, "type": "string" }
      }
    }
  },
  "enums": {
    "demo.v1.Color": {
      "values": {
        "COLOR_NONE": 0
      },
      "reserved": {
        "COLOR_RED": 1
      }
    }
  },
  "services": {
    "demo.v1.Greeter": {
      "Hello": { "kind": "unary", "request": "demo.v1.Ask", "response": "demo.v1.Say" }
    }
  }
}
`;

Deno.test("formatLock() gives every field a line, the newest first", () => {
  assertEquals(TEXT, WANTED);
});

Deno.test("formatLock() adds a line for a new field and changes no other", () => {
  const fields = [field("nick", { kind: "scalar", scalar: "string" }), ...SAY!.fields];
  const model = { ...BASE, messages: [ASK!, { ...SAY!, fields }] };
  const [before, after] = [BASE, model].map((each) => {
    return formatLock(applyLock(each, applyLock(BASE, undefined).lock).lock).split("\n");
  });
  const added = after!.filter((line) => !before!.includes(line));
  assertEquals(added, ['        "nick": { "number": 2, "type": "string" },']);
  assertEquals(after!.filter((line) => line !== added[0]), before);
});

Deno.test("readLock() reads what formatLock() writes, whatever its blanks and line ends", () => {
  for (
    const text of [
      TEXT,
      TEXT.replaceAll("\n", "\r\n"),
      JSON.stringify(JSON.parse(TEXT)),
      `\uFEFF${JSON.stringify(JSON.parse(TEXT), undefined, "\t")}`,
    ]
  ) {
    assertEquals(formatLock(readLock(text, "demo.lock")), TEXT);
  }
});

Deno.test("docs/lock.md shows a lock as formatLock() writes it", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/lock.md", import.meta.url));
  const [, shown] = /^```json\n([^]*?)^```$/m.exec(page)!;
  assertEquals(formatLock(readLock(shown!, "docs/lock.md")), shown);
});

Deno.test("readLock() reads names that objects of JavaScript have themselves", () => {
  const fields = ["__proto__", "constructor", "to_string"].map((name) => {
    return { ...field(name, { kind: "scalar", scalar: "string" }), jsonName: name };
  });
  const model = { ...BASE, messages: [{ ...ASK!, fields }, SAY!] };
  const { lock, numbers } = applyLock(model, undefined);
  const again = applyLock(model, readLock(formatLock(lock), "demo.lock"));
  assertEquals(again.numbers, numbers);
  assertEquals(again.changes, []);
});

/** What a hand or a merge does to the text, and what is said then. */
const BROKEN: readonly [title: string, from: string | RegExp, to: string, told: string][] = [
  ["an empty file", /^[^]*$/, "", "line 1 ends where a value should be"],
  ["half a file", /"values"[^]*$/, "", 'line 31 ends where a name or "}" should be'],
  ["another kind of file", /^[^]*$/, "[]", "line 1 has [] where a value should be"],
  [
    "a number for a file",
    /^[^]*$/,
    "\n\n7",
    "line 3 has 7 where an object should be",
  ],
  ["what comes after the end", /$/, "\n{}", "line 46 goes on after the end of its JSON"],
  [
    "a conflict",
    '        "seen"',
    '<<<<<<< HEAD\n        "seen"',
    "line 7 has a conflict that is not resolved: take the whole file of the branch that was " +
    "released or merged first, and run `deno task proto` to add what is new here",
  ],
  ["a conflict's end", /$/, ">>>>>>> main\n", "line 45 has a conflict that is not resolved"],
  [
    "a newer version",
    '"version": 1',
    '"version": 2',
    "line 2 is of version 2, this kit reads 1: update the kit, for a newer one has written the file",
  ],
  [
    "an odd version",
    '"version": 1',
    '"version": "one"',
    'line 2 has the version "one", this kit reads 1: take the file from the version control',
  ],
  ["no version", '"version": 1,', "", 'line 1 begins an object without "version"'],
  ["no package", '"package": "demo.v1",', "", 'line 1 begins an object without "package"'],
  [
    "no fields",
    /"deleted": true,\n {6}"fields": \{[^]*?\n {6}\}/,
    '"deleted": true',
    'line 17 begins an object without "fields"',
  ],
  [
    "a message of another package",
    '"demo.v1.Gone"',
    '"other.Gone"',
    'line 17 has "other.Gone", which is not of package "demo.v1": take the file from the version',
  ],
  [
    "a service of another package",
    '"demo.v1.Greeter"',
    '"demo.v1.old.Greeter"',
    'line 40 has "demo.v1.old.Greeter", which is not of package "demo.v1": take the file',
  ],
  ["a leading zero", '"number": 1', '"number": 01', "line 11 has 01"],
  [
    "a number twice",
    '"number": 3',
    '"number": 4',
    'line 10 gives the number 4 to "color", line 9 to "by_name": if a merge did this, delete the ' +
    "line of the branch that was not released, and run `deno task proto`",
  ],
  ["a reserved number", '"number": 6', '"number": 2', 'line 14 gives the number 2 to "times"'],
  ["a reserved name", '"times": 2', '"name": 2', 'line 14 reserves "name", which line 11 uses'],
  ["a value's number twice", '"COLOR_RED": 1', '"COLOR_RED": 0', "line 35 gives the number 0"],
  ["a name twice", '"page_size"', '"seen"', 'line 8 has "seen" again, after line 7'],
  ["a message twice", '"demo.v1.Say": {', '"demo.v1.Ask": {', 'line 23 has "demo.v1.Ask" again'],
  ["number 0", '"number": 1', '"number": 0', 'line 11 has 0 for "name": a whole number from 1 to'],
  ["a negative number", '"number": 1', '"number": -1', 'line 11 has -1 for "name"'],
  ["a large number", '"number": 1', '"number": 536870912', 'line 11 has 536870912 for "name"'],
  ["a fraction", '"number": 1', '"number": 1.5', "line 11 has 1.5"],
  ["protobuf's own number", '"number": 1', '"number": 19000', "protobuf keeps 19000 to 19999"],
  ["a number in quotes", '"number": 1', '"number": "1"', 'line 11 has "1" for "name"'],
  ["an enum without zero", '"COLOR_NONE": 0', '"COLOR_NONE": 5', "line 31 has no value with"],
  ["an unknown type", '"string" }', '"text" }', 'line 11 has the type "text": a type is such as'],
  ["an unknown key of a map", "map<string", "map<bytes", 'line 7 has the type "map<bytes'],
  ["a misspelt key", '"oneof"', '"oneOf"', 'line 9 has "oneOf", which is not known: did you mean'],
  ["many in a oneof", '"message demo.v1.Say"', '"repeated string"', "line 9 has"],
  ["a name of two words", '"by_name"', '"by name"', 'line 9 has "by name", which is no name of'],
  ["a comma too many", '"times": 2', '"times": 2,', "line 15 has a comma too many before it"],
  ["no comma", '"limit" },', '"limit" }', 'line 9 has "by_name" where a comma should be'],
  ["no colon", '"times": 2', '"times" 2', 'line 14 has 2 instead of ":"'],
  ["an odd name", '"times": 2', "times: 2", "line 14 has times: where a name"],
  ["a bad escape", '"times": 2', '"\\x": 2', 'line 14 has "\\x", which is no string of JSON'],
  ["an odd flag", '"deleted": true', '"deleted": 1', "line 18 has 1 where true or false should be"],
  ["an odd kind", '"unary"', '"unari"', 'line 41 has the kind "unari": did you mean "unary"?'],
  ["an odd request", '"request": "demo.v1.Ask"', '"request": "a b"', 'line 41 has "a b"'],
];

for (const [title, from, to, told] of BROKEN) {
  Deno.test(`readLock() names the line of ${title}`, () => {
    const text = TEXT.replace(from, () => to);
    assert(text !== TEXT);
    const error = assertThrows(() => readLock(text, "proto/demo.lock"), ConfigError);
    assert(
      error.message.startsWith(`Cannot read the lock "proto/demo.lock": ${told}`) ||
        error.message.includes(told),
      error.message,
    );
  });
}

Deno.test("readLock() takes any text for a lock, or fails with a line", () => {
  checkProperty(fc.property(ANY_TEXT, (text) => {
    assertThrows(() => readLock(text, "demo.lock"), ConfigError, "line ");
  }));
});

Deno.test("readLock() takes what an edit leaves of a lock, or fails with a line of it", () => {
  const edit = fc.record({
    at: fc.nat(),
    deleted: fc.nat(30),
    added: fc.oneof(fc.constantFrom('"', "{", "}", ",", ":", "1", "\n", "true"), fc.string()),
  });
  checkProperty(fc.property(HISTORY, edit, (generations, { at, deleted, added }) => {
    const { lock } = [...stepsOf("demo.v1", generations)].at(-1)!;
    const whole = formatLock(lock);
    const from = at % whole.length;
    const text = whole.slice(0, from) + added + whole.slice(from + deleted);
    try {
      const read = readLock(text, "demo.lock");
      assertEquals(readLock(formatLock(read), "demo.lock"), read);
    } catch (error) {
      assert(error instanceof ConfigError, String(error));
      const [, line] = /line (\d+) /.exec(error.message) ?? [];
      assert(Number(line) >= 1 && Number(line) <= text.split("\n").length, error.message);
    }
  }));
});
