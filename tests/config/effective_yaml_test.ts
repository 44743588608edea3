import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { readDocument } from "../../src/config/document.ts";
import { formatEffective } from "../../src/config/effective_yaml.ts";
import { CONFIG_KEYS } from "../../src/config/keys.ts";
import type { Setting } from "../../src/config/setting.ts";
import { parseYaml } from "../../src/config/yaml.ts";
import { checkProperty } from "../support/properties.ts";
import { SETTINGS } from "../support/settings.ts";

/** By key and entry, so that the order does not matter. */
function valuesOf(settings: readonly Setting[]): Map<string, unknown> {
  return new Map(settings.map(({ key, entry, value }) => [`${key.path} ${entry}`, value]));
}

const DEFAULTS = CONFIG_KEYS.flatMap(({ path, fallback }): [string, unknown][] =>
  "value" in fallback ? [[`${path} undefined`, fallback.value]] : []
);

Deno.test("formatEffective() prints a file that means the same, and has all defaults", () => {
  checkProperty(
    fc.property(SETTINGS, (settings) => {
      const text = formatEffective(settings);
      const read = valuesOf(readDocument(text, "fastgrpc.yaml", parseYaml));
      assertEquals(read, new Map([...DEFAULTS, ...valuesOf(settings)]), text);
    }),
    300,
  );
});

Deno.test("formatEffective() says of each value where it comes from", () => {
  const keyOf = (path: string) => CONFIG_KEYS.find((key) => key.path === path)!;
  const text = formatEffective([
    { key: keyOf("port"), entry: undefined, value: 0, source: "--port" },
    { key: keyOf("timeouts.services"), entry: "a.B", value: "5s", source: "code" },
  ]);
  assertEquals(text.split("\n").slice(0, 19), [
    "# hostname: # default: all of the machine's, IPv6 and IPv4",
    "port: 0 # --port",
    "workers: 1 # default",
    "# healthPort: # default: none",
    "# adminPort: # default: none",
    "# sslCertificateChain: # default: plaintext",
    "# sslPrivateKey: # default: plaintext",
    "# caCertificate: # default: clients need none",
    "certificateReload: 5s # default",
    "# gracefulTimeout: # default: they end at once",
    "# lameDuck: # default: none",
    "engine: node # default",
    "healthCheck: false # default",
    "reflection: false # default",
    "telemetry: false # default",
    "timeouts:",
    "  # global: # default: no limit",
    "  services:",
    "    a.B: 5s # code",
  ]);
});
