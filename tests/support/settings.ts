/**
 * Any settings that may be made, for property-based tests.
 *
 * @module
 */

import fc from "fast-check";
import { CONFIG_KEYS, type ConfigKey } from "../../src/config/keys.ts";
import { mergeSettings, type Setting } from "../../src/config/setting.ts";

/** Services that settings are made for, and that a schema may know. */
export const SERVICES: readonly string[] = [
  "demo.v1.Greeter",
  "demo.v1.Clock",
  "Bare",
  "constructor",
];

/** Their methods. */
export const METHODS: readonly string[] = SERVICES.map((service) => `${service}/Do`);

const DURATIONS = fc.oneof(
  fc.constantFrom("250ms", "5s", "1.5m", "2h", "1d", "0.001ms", Infinity, 0.25, 1),
  fc.integer({ min: 1, max: 10 ** 9 }),
  fc.tuple(fc.integer({ min: 1, max: 9999 }), fc.constantFrom("ms", "s", "m", "h", "d"))
    .map(([n, unit]) => `${n}${unit}`),
);

const WORDS = fc.constantFrom(
  ...[
    "127.0.0.1",
    "::",
    "localhost",
    "certs/server.pem",
    "/etc/tls/key.pem",
    "a b",
    "null",
    "true",
  ],
  ...[
    "5",
    "0x1f",
    "1e3",
    "# no comment",
    "a: b",
    "it's",
    '"',
    "{}",
    "-",
    "~",
    "*a",
    "&a",
    "é",
    "\t",
  ],
);

/** A value that a key may have. */
export function valueOf({ type }: ConfigKey): fc.Arbitrary<unknown> {
  if (type.isSwitch) return fc.boolean();
  if (type.choices !== undefined) return fc.constantFrom(...type.choices);
  const { type: kind, minimum, maximum, anyOf } = type.schema;
  const [first, word] = (anyOf ?? []) as Readonly<Record<string, unknown>>[];
  if (first?.["type"] === "integer") {
    const range = { min: Number(first["minimum"]), max: Number(first["maximum"]) };
    return fc.oneof(fc.integer(range), fc.constant(word!["const"]));
  }
  if (kind === "integer") {
    return fc.integer({ min: Number(minimum), max: Number(maximum) });
  }
  return kind === "string" ? WORDS : DURATIONS;
}

const SETTING: fc.Arbitrary<Setting> = fc.constantFrom(...CONFIG_KEYS).chain((key) =>
  fc.record({
    key: fc.constant(key),
    entry: key.entries === undefined
      ? fc.constant(undefined)
      : fc.constantFrom(...key.entries === "service" ? SERVICES : METHODS),
    value: valueOf(key),
    source: fc.constantFrom("code", "fastgrpc.yaml:7", "--flag", "a\nb: 5"),
  })
);

/** Any settings, none of them twice. */
export const SETTINGS: fc.Arbitrary<readonly Setting[]> = fc.array(SETTING, { maxLength: 12 })
  .map((settings) => mergeSettings(settings));
