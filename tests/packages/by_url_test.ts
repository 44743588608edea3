import { assertEquals } from "@std/assert";
import { runCommand, transcript } from "../support/command.ts";
import { assertConsumerWorks, createConsumer, fileOfEntry } from "../support/consumer.ts";
import { createDenoDir } from "../support/deno_dir.ts";
import { serveFiles } from "../support/file_server.ts";

const PAGE = new URL("../../docs/importing.md", import.meta.url);

/** Older ranges than the kit's own: there must be one copy all the same. */
const RANGES: Readonly<Record<string, string>> = {
  "@bufbuild/protobuf": "npm:@bufbuild/protobuf@^2.12.0",
  "@connectrpc/connect": "npm:@connectrpc/connect@^2.0.0",
  "zod": "npm:zod@^4.0.0",
};

const withRange = (specifier: string) =>
  specifier.replace(/^(?:@[^/]+\/)?[^/]+/, (name) => RANGES[name]!);

for (
  const { title, packages, files } of [
    { title: "without an import map", packages: withRange, files: {} },
    { title: "with one of its own", files: { "deno.json": { imports: RANGES } } },
  ]
) {
  Deno.test(`the kit is imported by URL, with types, by a project ${title}`, async () => {
    await using host = serveFiles();
    await using consumer = await createConsumer({
      kit: (entry) => `${host.url}/${fileOfEntry(entry)}`,
      ...packages && { packages },
      files,
    });
    await assertConsumerWorks(consumer, { flags: [`--allow-import=${host.host}`] });
    const strange = [...host.requested].filter((path) => !/^(mod\.ts$|src\/|gen\/)/.test(path));
    assertEquals(strange, [], "files that are not published");
  });
}

Deno.test("docs/importing.md has a program that imports by URL, and runs", async () => {
  await using host = serveFiles();
  await using cache = await createDenoDir();
  const page = await Deno.readTextFile(PAGE);
  const source = /^```ts title="main.ts"\n([\s\S]*?)^```$/m.exec(page)![1]!;
  const main = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(main, source.replaceAll("https://source.example/fastgrpc", host.url));
    const flags = ["--check", "--no-prompt", `--allow-import=${host.host}`, "--allow-net"];
    const env = { DENO_DIR: cache.path };
    const result = await runCommand(Deno.execPath(), ["run", ...flags, main], { env });
    assertEquals([result.code, result.stdout], [0, "Hello Ada\n"], transcript(result));
  } finally {
    await Deno.remove(main);
  }
});
