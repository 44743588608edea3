import { assertEquals } from "@std/assert";
import { CONFIG_GROUPS, CONFIG_KEYS } from "../../src/config/keys.ts";
import { readDocument } from "../../src/config/document.ts";
import { parseYaml } from "../../src/config/yaml.ts";
import { RUN_OPTIONS } from "../../src/run_options.ts";
import { configTable } from "../support/config_table.ts";

/** Options of the code that no operator sets. */
const OPTIONS_OF_CODE = ["signal", "onListen"];

Deno.test("CONFIG_KEYS has all options of run() that an operator sets", () => {
  const known = CONFIG_KEYS.filter(({ target }) => target === "run").map(({ option }) => option);
  assertEquals(
    known.sort(),
    RUN_OPTIONS.filter((name) => !OPTIONS_OF_CODE.includes(name)).sort(),
  );
});

Deno.test("CONFIG_KEYS has no path, flag or variable twice", () => {
  for (const name of ["path", "flag", "variable"] as const) {
    const all = CONFIG_KEYS.map((key) => key[name]);
    assertEquals(all, [...new Set(all)]);
  }
});

Deno.test("CONFIG_KEYS keeps the keys of a group together, and each group has some", () => {
  const groups = CONFIG_KEYS.flatMap(({ path }) => path.includes(".") ? path.split(".")[0]! : []);
  const runs = groups.filter((group, i) => group !== groups[i - 1]);
  assertEquals(runs, Object.keys(CONFIG_GROUPS));
});

for (const { path, type, fallback } of CONFIG_KEYS) {
  if ("text" in fallback) continue;
  Deno.test(`CONFIG_KEYS has a default of ${path} that may be set`, () => {
    assertEquals(type.accepts(fallback.value), true);
  });
}

Deno.test("docs/configuration.md shows files that the kit takes", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/configuration.md", import.meta.url));
  const files = [...page.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, text]) => text!);
  assertEquals(files.map((text) => readDocument(text, "", parseYaml).length), [10, 4]);
});

Deno.test("docs/configuration.md has the table of all keys", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/configuration.md", import.meta.url));
  const [, table] = /<!-- keys -->\n\n([^]*?)\n\n<!-- \/keys -->/.exec(page) ?? [];
  assertEquals(table, configTable(), "put this table into the page");
});
