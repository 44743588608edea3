import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { formatValue } from "../../src/config/effective_yaml.ts";
import { CONFIG_KEYS } from "../../src/config/keys.ts";
import { assertEntriesKnown, mergeSettings, type Setting } from "../../src/config/setting.ts";
import { readEnvironment, readTextSettings } from "../../src/config/text_settings.ts";
import { ConfigError } from "../../src/errors.ts";
import { SETTINGS } from "../support/settings.ts";
import { checkProperty } from "../support/properties.ts";

const SOURCES = ["code", "fastgrpc.yaml:1", "FASTGRPC_X", "--x"];

Deno.test("mergeSettings() takes the last of each key and entry, whatever was set where", () => {
  const layers = fc.tuple(SETTINGS, SETTINGS, SETTINGS, SETTINGS)
    .map((all) => all.map((layer, i) => layer.map((each) => ({ ...each, source: SOURCES[i]! }))));
  checkProperty(fc.property(layers, (all) => {
    const merged = mergeSettings(...all);
    const name = ({ key, entry }: Setting) => `${key.path} ${entry}`;
    assertEquals(new Set(merged.map(name)), new Set(all.flat().map(name)));
    for (const setting of merged) {
      const last = all.findLast((layer) => layer.some((each) => name(each) === name(setting)));
      assertEquals(setting, last!.findLast((each) => name(each) === name(setting)));
    }
  }));
});

Deno.test("readTextSettings() reads what a value is written as", () => {
  checkProperty(fc.property(SETTINGS, (settings) => {
    for (const { key, entry, value } of settings) {
      const text = typeof value === "string" ? value : formatValue(value);
      const whole = entry === undefined ? text : `${entry}=${text}`;
      const [read, ...others] = readTextSettings(key, whole, "--x");
      assertEquals([read!.entry, read!.value, others], [entry, value, []]);
    }
  }));
});

const WRONG: readonly (readonly [variable: string, text: string, error: string])[] = [
  ["FASTGRPC_PORT", "http", `FASTGRPC_PORT is "http": a whole number from 0 to 65535 is wanted`],
  ["FASTGRPC_PORT", "-1", `FASTGRPC_PORT is "-1": a whole number from 0 to 65535 is wanted`],
  ["FASTGRPC_PORT", "0x50", `FASTGRPC_PORT is "0x50": a whole number from 0 to 65535 is wanted`],
  ["FASTGRPC_PORT", "1e3", `FASTGRPC_PORT is "1e3": a whole number from 0 to 65535 is wanted`],
  ["FASTGRPC_REFLECTION", "1", `FASTGRPC_REFLECTION is "1": true or false is wanted`],
  [
    "FASTGRPC_SERVICE_TIMEOUT",
    "5s",
    `FASTGRPC_SERVICE_TIMEOUT is "5s": <service>=<duration> is wanted`,
  ],
  [
    "FASTGRPC_METHOD_TIMEOUT",
    "a.B/C=5s,a.B/D=soon",
    `FASTGRPC_METHOD_TIMEOUT of "a.B/D" is "soon": a number of seconds such as 5, or a string ` +
    `such as "250ms", "5s" or "1m" is wanted`,
  ],
  [
    "FASTGRPC_PORT",
    "tcp://10.0.0.1:50051",
    `FASTGRPC_PORT is "tcp://10.0.0.1:50051", as Kubernetes sets it for a Service named ` +
    `"fastgrpc": set "enableServiceLinks: false" for the Pod`,
  ],
];

for (const [variable, text, error] of WRONG) {
  Deno.test(`readEnvironment() refuses ${variable}=${text}`, () => {
    const { message } = assertThrows(
      () => readEnvironment((name) => name === variable ? text : undefined),
      ConfigError,
    );
    assertEquals(message, error);
  });
}

Deno.test("readEnvironment() asks for a variable of each key, and takes an empty one for none", () => {
  const asked: string[] = [];
  const settings = readEnvironment((name) => {
    asked.push(name);
    return name === "FASTGRPC_LAME_DUCK" ? "5" : name === "FASTGRPC_PORT" ? "" : undefined;
  });
  assertEquals(asked, CONFIG_KEYS.map(({ variable }) => variable));
  assertEquals(
    settings.map(({ key, value, source }) => [key.path, value, source]),
    [["lameDuck", 5, "FASTGRPC_LAME_DUCK"]],
  );
});

Deno.test("assertEntriesKnown() names the nearest service and method, and who named the wrong one", () => {
  const settings = [
    ...readTextSettings(keyAt("timeouts.services"), "demo.v1.Greter=1s", "--service-timeout"),
    ...readTextSettings(
      keyAt("timeouts.methods"),
      "demo.v1.Greeter/SayHelo=1s",
      "FASTGRPC_METHOD_TIMEOUT",
    ),
    ...readTextSettings(keyAt("timeouts.methods"), "demo.v1.Greeter/SayHello=1s", "--x"),
  ];
  const { message } = assertThrows(
    () =>
      assertEntriesKnown(settings, {
        service: ["demo.v1.Greeter"],
        method: ["demo.v1.Greeter/SayHello"],
      }),
    ConfigError,
  );
  assertEquals(message.split("\n"), [
    `--service-timeout: timeouts.services has "demo.v1.Greter", which is no service of the app: ` +
    `did you mean "demo.v1.Greeter"?`,
    `FASTGRPC_METHOD_TIMEOUT: timeouts.methods has "demo.v1.Greeter/SayHelo", which is no method of the ` +
    `app: did you mean "demo.v1.Greeter/SayHello"?`,
  ]);
});

function keyAt(path: string) {
  return CONFIG_KEYS.find((key) => key.path === path)!;
}
