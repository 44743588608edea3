import { assert, assertEquals, assertThrows } from "@std/assert";
import { readDocument } from "../../src/config/document.ts";
import type { Setting } from "../../src/config/setting.ts";
import { parseYaml } from "../../src/config/yaml.ts";
import { ConfigError } from "../../src/errors.ts";

function read(text: string): readonly Setting[] {
  return readDocument(text, "fastgrpc.yaml", parseYaml);
}

function show({ key, entry, value, source }: Setting): unknown[] {
  return [key.path, ...entry === undefined ? [] : [entry], value, source];
}

Deno.test("readDocument() reads keys, groups and entries, with the line of each", () => {
  const settings = read(`
# yaml-language-server: $schema=./fastgrpc.schema.json
port: 8443
gracefulTimeout: 1.5
timeouts: { global: &long 1m, services: { demo.v1.A: *long,
  "demo.v1.B": .inf } }
limits:
  maxReceiveBytes: 1024
logging:
  format: json
healthCheck: true
`);
  assertEquals(settings.map(show), [
    ["port", 8443, "fastgrpc.yaml:3"],
    ["gracefulTimeout", 1.5, "fastgrpc.yaml:4"],
    ["timeouts.global", "1m", "fastgrpc.yaml:5"],
    ["timeouts.services", "demo.v1.A", "1m", "fastgrpc.yaml:5"],
    ["timeouts.services", "demo.v1.B", Infinity, "fastgrpc.yaml:6"],
    ["limits.maxReceiveBytes", 1024, "fastgrpc.yaml:8"],
    ["logging.format", "json", "fastgrpc.yaml:10"],
    ["healthCheck", true, "fastgrpc.yaml:11"],
  ]);
});

for (const text of ["", "# port: 1\n", "---\n", "{}", "limits:\ntimeouts:\n  services:\n"]) {
  Deno.test(`readDocument() reads nothing of ${JSON.stringify(text)}`, () => {
    assertEquals(read(text), []);
  });
}

const DURATION =
  `a number of seconds such as 5, or a string such as "250ms", "5s" or "1m" is wanted`;

/** A text, and what is wrong with it. */
const WRONG: readonly (readonly [what: string, text: string, ...errors: string[]])[] = [
  ["a key that is misspelt", "\nprot: 1", `2: prot is not known: did you mean "port"?`],
  [
    "a key of a group that is misspelt",
    "timeouts:\n  # below\n  servces: {}",
    `3: timeouts.servces is not known: did you mean "services"?`,
  ],
  [
    "a key that is like no other",
    "logging: { 'colours': true }",
    `1: logging.colours is not known: known are "level", "format"`,
  ],
  [
    "a key of a group outside of it",
    "maxConnections: 1",
    `1: maxConnections is not known: did you mean "limits.maxConnections"?`,
  ],
  [
    "a key that is like no other, as the whole",
    "x: 1",
    `1: x is not known: known are "hostname", "port", "workers", "healthPort", "adminPort", "sslCertificateChain", ` +
    `"sslPrivateKey", "caCertificate", "certificateReload", "gracefulTimeout", "lameDuck", ` +
    `"engine", "healthCheck", "reflection", "telemetry", "timeouts", "limits", "logging"`,
  ],
  [
    "a key that is indented by a tab",
    "limits:\n\tmaxConnections: 1",
    `2: maxConnections is not known: did you mean "limits.maxConnections"? ` +
    "A tab indents nothing in YAML: use blanks",
  ],
  ["a number for a text", "hostname: 5", "1: hostname is 5: a text is wanted"],
  [
    "a text for a number",
    "port: '80'",
    `1: port is "80": a whole number from 0 to 65535 is wanted`,
  ],
  [
    "a number out of range",
    "port: 70000",
    "1: port is 70000: a whole number from 0 to 65535 is wanted",
  ],
  ["a word for a switch", "healthCheck: yes", `1: healthCheck is "yes": true or false is wanted`],
  ["a key without a value", "port:", "1: port is empty: a whole number from 0 to 65535 is wanted"],
  ["a list", "hostname: [a]", "1: hostname is a list: a text is wanted"],
  ["a mapping for a value", "hostname: {a: 1}", "1: hostname is a mapping: a text is wanted"],
  ["a value for a group", "limits: 5", "1: limits is 5, not a mapping"],
  [
    "a value for entries",
    "timeouts: {services: 5s}",
    `1: timeouts.services is "5s", not a mapping`,
  ],
  ["a unit that there is not", "lameDuck: 5 parsecs", `1: lameDuck is "5 parsecs": ${DURATION}`],
  ["a duration of nothing", "lameDuck: 0s", `1: lameDuck is "0s": ${DURATION}`],
  ["a duration that is negative", "lameDuck: -1", `1: lameDuck is -1: ${DURATION}`],
  ["a duration that is no number", "lameDuck: .nan", `1: lameDuck is NaN: ${DURATION}`],
  [
    "the duration of an entry",
    "timeouts:\n  methods:\n    a.B/C: soon",
    `3: timeouts.methods.a.B/C is "soon": ${DURATION}`,
  ],
  [
    "a word that is none of a few",
    "logging:\n  level: loud",
    `2: logging.level is "loud": one of trace, debug, info, warning, error, fatal is wanted`,
  ],
  ["a list as the whole", "- port: 1", "1: the file is a list, not a mapping"],
  ["a text as the whole", "port", `1: the file is "port", not a mapping`],
  [
    "a merge key",
    "limits: &a {}\ntimeouts:\n  <<: *a",
    `3: timeouts.<< is not known: known are "global", "services", "methods"`,
  ],
  ["a date", "lameDuck: 2026-01-01", `1: lameDuck is "2026-01-01": ${DURATION}`],
  [
    "several of them, in the order of their lines",
    "limits:\n  maxAge: 1\nport: x\nprot: 1",
    `2: limits.maxAge is not known: known are "maxReceiveBytes", "maxSendBytes", "maxConnections", ` +
    `"maxConcurrentStreams", "maxHeaderListBytes", "maxResetsPerSecond", "handshakeTimeout", ` +
    `"maxConnectionIdle", "maxConnectionAge", "maxConnectionAgeGrace", "keepaliveInterval", ` +
    `"keepaliveTimeout"`,
    `3: port is "x": a whole number from 0 to 65535 is wanted`,
    `4: prot is not known: did you mean "port"?`,
  ],
  ["a tag", "port: !port 1", "1: Cannot resolve unknown tag !<!port>"],
  [
    "bytes",
    "a: 1\nb: !!binary AAAA",
    "2: Cannot resolve unknown tag !<tag:yaml.org,2002:binary>",
  ],
  [
    "a key twice",
    "port: 1\nlimits: {}\nport: 1",
    "3: Cannot store mapping pair: duplicated key",
  ],
  [
    "two documents",
    "port: 1\n---\nport: 2",
    "2: Found more than 1 document in the stream: expected a single document",
  ],
  [
    "a flow mapping without its end",
    "port: 1\nlimits: {",
    "3: Cannot read flow collection: unexpected end of the stream within a flow collection",
  ],
];

for (const [what, text, ...errors] of WRONG) {
  Deno.test(`readDocument() refuses ${what}`, () => {
    const { message } = assertThrows(() => read(text), ConfigError);
    assertEquals(message.split("\n"), errors.map((error) => `fastgrpc.yaml:${error}`));
  });
}

Deno.test("readDocument() tells some of many mistakes, and how many there are, without delay", () => {
  const text = Array.from({ length: 4000 }, (_, i) => `k${i}: 1\n`).join("");
  const begin = performance.now();
  const { message } = assertThrows(() => read(text), ConfigError);
  const lines = message.split("\n");
  assertEquals(lines.length, 21);
  assertEquals(lines.at(-1), "fastgrpc.yaml: 3980 more of the kind");
  // To look for the line of each takes half a minute.
  assert(performance.now() - begin < 10_000);
});

Deno.test("readDocument() takes __proto__ for any other key, at each place", () => {
  for (const text of ["__proto__: {port: 1}", "limits: {__proto__: {maxConnections: 1}}"]) {
    assertThrows(() => read(text), ConfigError, "__proto__ is not known");
  }
  const [setting] = read("timeouts: {services: {__proto__: 5s}}");
  assertEquals([setting!.entry, setting!.value], ["__proto__", "5s"]);
  assertEquals(({} as Record<string, unknown>)["port"], undefined);
});

Deno.test("readDocument() ends on a mapping that holds itself", () => {
  const text = "timeouts: &a\n  services: *a";
  const { message } = assertThrows(() => read(text), ConfigError);
  assertEquals(
    message.split("\n")[0],
    `fastgrpc.yaml:2: timeouts.services.services is a mapping: ${DURATION}`,
  );
});
