import { assert, assertEquals } from "@std/assert";
import { walkFiles } from "./support/files.ts";
import config from "../deno.json" with { type: "json" };

const ROOT = new URL("../", import.meta.url);
const NPM = /npm:[^"\s]+/g;

/** Where versions stand besides deno.json. */
async function filesWithVersions(): Promise<string[]> {
  const deps = (await walkFiles(new URL("src/", ROOT))).filter((path) => /^deps[./]/.test(path));
  const gen = await walkFiles(new URL("gen/", ROOT));
  return [
    ...deps.map((path) => `src/${path}`),
    ...gen.map((path) => `gen/${path}`),
    "buf.gen.yaml",
  ];
}

Deno.test("versions of third-party code are those of deno.json, by which tests and examples run", async () => {
  const mapped = Object.values(config.imports).filter((target) => target.startsWith("npm:"));
  const strange: string[] = [];
  let count = 0;
  for (const path of await filesWithVersions()) {
    const text = await Deno.readTextFile(new URL(path, ROOT));
    for (const [specifier] of text.matchAll(NPM)) {
      count++;
      // The generator itself is no part of what is generated.
      if (specifier.startsWith("npm:@bufbuild/protoc-gen-es@")) continue;
      if (!mapped.some((each) => specifier === each || specifier.startsWith(`${each}/`))) {
        strange.push(`${path}: ${specifier}`);
      }
    }
  }
  assertEquals(strange, []);
  assert(count > 20, "no versions were found");
});

Deno.test("gen/ names all packages with their versions, as who imports it by URL has no import map", async () => {
  const bare: string[] = [];
  for (const path of await walkFiles(new URL("gen/", ROOT))) {
    const text = await Deno.readTextFile(new URL(`gen/${path}`, ROOT));
    for (const [, specifier] of text.matchAll(/^import .* from "([^"]+)";$/gm)) {
      if (!/^(npm:|\.)/.test(specifier!)) bare.push(`${path}: ${specifier}`);
    }
  }
  assertEquals(bare, []);
});
