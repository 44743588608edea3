import { assertEquals, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { runCommand, transcript } from "../support/command.ts";
import { assertConsumerWorks, createConsumer } from "../support/consumer.ts";
import { walkFiles } from "../support/files.ts";
import { JSR_TOKEN, startJsrRegistry } from "../support/jsr_registry.ts";

const ROOT = new URL("../../", import.meta.url);
const RANGES: Readonly<Record<string, string>> = {
  "@bufbuild/protobuf": "npm:@bufbuild/protobuf@^2.12.0",
  "@connectrpc/connect": "npm:@connectrpc/connect@^2.0.0",
  "@fastgrpc/fastgrpc": `jsr:@fastgrpc/fastgrpc@^${config.version}`,
  "zod": "npm:zod@^4.0.0",
};

const FOLDERS = ["src/", "gen/google/", "gen/grpc/", "proto/google/", "proto/grpc/"];
const FILES = ["CHANGELOG.md", "LICENSE", "README.md", "deno.json", "mod.ts"];

Deno.test("the package has the kit, and no tests, examples, certificates or benchmarks", async () => {
  await using registry = startJsrRegistry();
  await publishTo(registry.url);
  const below = await Promise.all(
    FOLDERS.map(async (folder) =>
      (await walkFiles(new URL(folder, ROOT))).map((path) => `${folder}${path}`)
    ),
  );
  const { files, exports } = registry.published.get(`${config.name}@${config.version}`)!;
  assertEquals([...files.keys()].sort(), [...FILES, ...below.flat()].sort());
  assertEquals(exports, config.exports);
});

Deno.test("the kit is imported from a registry of JSR, with types", async () => {
  await using registry = startJsrRegistry();
  await publishTo(registry.url);
  await using consumer = await createConsumer({
    kit: (entry) => config.name + entry.slice(1),
    files: { "deno.json": { imports: RANGES } },
  });
  const result = await assertConsumerWorks(consumer, { env: { JSR_URL: registry.url } });
  assertStringIncludes(result.stderr, `${registry.url}${config.name}/${config.version}/mod.ts`);
});

Deno.test("the kit is linked from a folder in place of JSR, without a warning", async () => {
  await using consumer = await createConsumer({
    kit: (entry) => config.name + entry.slice(1),
    files: { "deno.json": { imports: RANGES, links: [ROOT.pathname] } },
  });
  const result = await assertConsumerWorks(consumer);
  assertEquals(/warning/i.exec(result.stderr)?.input, undefined, transcript(result));
});

async function publishTo(url: string): Promise<void> {
  const result = await runCommand(
    Deno.execPath(),
    ["publish", "--allow-dirty", `--token=${JSR_TOKEN}`],
    { cwd: ROOT, env: { JSR_URL: url }, boundMs: 120_000 },
  );
  assertEquals(result.code, 0, transcript(result));
}
