import { assertEquals } from "@std/assert";
import * as client from "../../src/client.ts";
import * as testing from "../../src/testing.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("the entries for clients and tests export what is public, and nothing by accident", () => {
  assertEquals(Object.keys(client), ["createClient"]);
  assertEquals(Object.keys(testing), ["testClient"]);
});

for (const name of ["client", "testing"]) {
  Deno.test(`src/${name}.ts documents every symbol of ours`, async () => {
    const { stderr } = await run("doc", "--lint", `src/${name}.ts`);
    const missing = stderr.split("error[")
      .filter((each) => each.startsWith("missing-jsdoc") && each.includes("/src/"));
    assertEquals(missing, []);
  });
}

const LOADS: Readonly<Record<string, Readonly<Record<string, boolean>>>> = {
  "mod.ts": {
    "src/client.ts": false,
    "src/client/http2_client.ts": false,
    "src/testing.ts": false,
  },
  "src/client.ts": {
    "src/client/http2_client.ts": true,
    "src/app.ts": false,
    "src/server.ts": false,
  },
  "src/testing.ts": { "src/app.ts": true, "src/client/http2_client.ts": false },
};

for (const [entry, wanted] of Object.entries(LOADS)) {
  Deno.test(`${entry} loads what it needs alone`, async () => {
    const { stdout } = await run("info", "--json", entry);
    const { modules } = JSON.parse(stdout) as { modules: { specifier: string }[] };
    const found = Object.keys(wanted).map((name) => [
      name,
      modules.some(({ specifier }) => specifier === new URL(name, ROOT).href),
    ]);
    assertEquals(Object.fromEntries(found), wanted);
  });
}

async function run(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
