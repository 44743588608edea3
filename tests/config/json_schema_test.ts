import { assertEquals, assertMatch } from "@std/assert";
import { Ajv, type ValidateFunction } from "ajv";
import fc from "fast-check";
import { readDocument } from "../../src/config/document.ts";
import { configSchema } from "../../src/config/json_schema.ts";
import { CONFIG_KEYS } from "../../src/config/keys.ts";
import { assertEntriesKnown } from "../../src/config/setting.ts";
import { ConfigError } from "../../src/errors.ts";
import { checkProperty } from "../support/properties.ts";
import { METHODS, SERVICES, SETTINGS } from "../support/settings.ts";

const KNOWN = { service: SERVICES, method: METHODS };

// Numbers of YAML may be infinite, and names such as "constructor" are nothing special.
const validate: ValidateFunction = new Ajv({ strictNumbers: false, ownProperties: true }).compile(
  configSchema(KNOWN),
);

/** Whether the kit takes a file that has been parsed to this. */
function isTaken(document: unknown): boolean {
  try {
    assertEntriesKnown(readDocument("", "fastgrpc.yaml", () => document), KNOWN);
    return true;
  } catch (error) {
    if (error instanceof ConfigError) return false;
    throw error;
  }
}

const TEXT_OF_DURATION = fc.tuple(
  fc.constantFrom("", " ", "-", "+"),
  fc.constantFrom("0", "00.0", "5", "1.5", ".5", "5.", "0.01", "1e3", ""),
  fc.constantFrom("", " "),
  fc.constantFrom("ms", "s", "m", "h", "d", "S", "min", ""),
  fc.constantFrom("", " ", "\n"),
).map((parts) => parts.join(""));

const VALUE = fc.oneof(
  TEXT_OF_DURATION,
  fc.constantFrom(null, true, Infinity, -Infinity, NaN, 0, -0, 1, 0.5, "info", "json", "", {}, []),
  fc.integer(),
  fc.jsonValue({ maxDepth: 1 }),
);

/** A file with one value, at the place of a key or beside it. */
const DOCUMENT = fc.tuple(
  fc.oneof(
    fc.constantFrom(...CONFIG_KEYS.map(({ path }) => path)),
    fc.constantFrom("prot", "limits", "limits.port", "timeouts.services.Bare", "a.b"),
    fc.constantFrom("timeouts.methods.Bare/Do", "timeouts.methods", "__proto__"),
  ),
  VALUE,
).map(([path, value]) => nest(path.split("."), value));

function nest([first, ...rest]: readonly string[], value: unknown): unknown {
  return first === undefined ? value : Object.fromEntries([[first, nest(rest, value)]]);
}

Deno.test("configSchema() takes exactly the values that the kit takes", () => {
  checkProperty(
    fc.property(DOCUMENT, (document) => {
      assertEquals(validate(document), isTaken(document), JSON.stringify(document));
    }),
    3000,
  );
});

Deno.test("configSchema() takes all that can be set", () => {
  checkProperty(fc.property(SETTINGS, (settings) => {
    const document: Record<string, Record<string, unknown>> = {};
    for (const { key: { path }, entry, value } of settings) {
      const [first, second] = [...path.split("."), undefined];
      if (second === undefined) Object.assign(document, { [first!]: value });
      else if (entry === undefined) (document[first!] ??= {})[second] = value;
      else {
        const entries = (document[first!] ??= {})[second] ??= {};
        Object.assign(entries as object, { [entry]: value });
      }
    }
    assertEquals([validate(document), validate.errors], [true, null]);
    assertEquals(isTaken(document), true);
  }));
});

Deno.test("configSchema() knows the app's services and methods, and no others", () => {
  assertEquals(validate({ timeouts: { services: { "demo.v1.Clock": "5s" } } }), true);
  assertEquals(validate({ timeouts: { services: { "demo.v1.Clok": "5s" } } }), false);
  assertEquals(validate({ timeouts: { methods: { "demo.v1.Clock/Do": "5s" } } }), true);
  assertEquals(validate({ timeouts: { methods: { "demo.v1.Clock": "5s" } } }), false);
});

Deno.test("configSchema() is JSON that describes every key", () => {
  const schema = JSON.parse(JSON.stringify(configSchema({ service: [], method: [] })));
  for (const { path, fallback } of CONFIG_KEYS) {
    const found = path.split(".").reduce((at, name) => at.properties[name], schema);
    assertMatch(found.description, /^\S/);
    const isWritten = "value" in fallback && fallback.value !== Infinity;
    assertEquals(found.default, isWritten ? fallback.value : undefined);
  }
});
