import { assertEquals } from "@std/assert";
import * as mod from "../mod.ts";

Deno.test("mod.ts exports what is public, and nothing by accident", () => {
  assertEquals(Object.keys(mod).sort(), [
    "Code",
    "ConfigError",
    "ConnectError",
    "FastGRPC",
    "createContextKey",
  ]);
});

Deno.test("mod.ts documents every symbol of ours", async () => {
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--lint", new URL("../mod.ts", import.meta.url).href],
    env: { NO_COLOR: "1" },
  }).output();
  // Types of npm packages that our signatures name are documented there.
  const missing = new TextDecoder().decode(stderr)
    .split("error[")
    .filter((each) => each.startsWith("missing-jsdoc") && each.includes("/src/"));
  assertEquals(missing, []);
});

Deno.test("mod.ts loads neither health nor certificates until they are asked for", async () => {
  const graph = await staticImports(new URL("../mod.ts", import.meta.url));
  assertEquals([...graph].some((url) => url.endsWith("/src/app.ts")), true);
  for (const lazy of ["health.ts", "health_pb.ts", "client_certificate.ts", "dev_certs.ts"]) {
    assertEquals([...graph].filter((url) => url.endsWith(`/${lazy}`)), [], lazy);
  }
});

/** Our modules that a module needs before it runs. */
async function staticImports(entry: URL, seen: Set<string> = new Set()): Promise<Set<string>> {
  if (seen.has(entry.href)) return seen;
  seen.add(entry.href);
  const text = await Deno.readTextFile(entry);
  for (
    const [, specifier] of text.matchAll(/^(?:import|export) (?!type)[^;]*? from "(\.[^"]+)";/gm)
  ) {
    await staticImports(new URL(specifier!, entry), seen);
  }
  return seen;
}
