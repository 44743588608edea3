import { assertEquals } from "@std/assert";
import { assertExitsWell, createWorkFolder, startProgram } from "./support/program.ts";

const ROOT = new URL("../", import.meta.url);
const FLAGS = ["--allow-net=0.0.0.0,[::],127.0.0.1", "--allow-read=certs"];

interface Page {
  readonly name: string;
  readonly text: string;
  readonly snippets: readonly string[];
}

const PAGES = await readPages();

for (const { name, text, snippets } of PAGES) {
  for (const [index, snippet] of snippets.entries()) {
    Deno.test(`${name} has a snippet ${index + 1} that runs`, () => runSnippet(snippet));
  }

  Deno.test(`${name} links to files that exist`, async () => {
    for (const [, target] of text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)) {
      await Deno.stat(new URL(target!, new URL(name, ROOT)));
    }
  });
}

Deno.test("the snippets of all pages have no type errors", async () => {
  await using folder = await createUserFolder();
  const files: string[] = [];
  for (const { name, snippets } of PAGES) {
    for (const [index, snippet] of snippets.entries()) {
      const file = `${folder.path}/${name.replace("/", "-")}-${index + 1}.ts`;
      await Deno.writeTextFile(file, snippet);
      files.push(file);
    }
  }
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--quiet", `--config=${new URL("deno.json", ROOT).pathname}`, ...files],
    env: { NO_COLOR: "1" },
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
});

async function readPages(): Promise<Page[]> {
  const names = ["README.md", "CHANGELOG.md"];
  for await (const { name } of Deno.readDir(new URL("docs/", ROOT))) {
    if (name.endsWith(".md")) names.push(`docs/${name}`);
  }
  return await Promise.all(
    names.sort().map(async (name) => {
      const text = await Deno.readTextFile(new URL(name, ROOT));
      const snippets = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);
      return { name, text, snippets };
    }),
  );
}

/** Runs a snippet where a user would; one that serves is stopped as a user would, by a signal. */
async function runSnippet(snippet: string): Promise<void> {
  await using folder = await createUserFolder();
  const file = `${folder.path}/snippet.ts`;
  await Deno.writeTextFile(file, snippet.replace("port: 50051", "port: 0"));
  await using program = startProgram(new URL(`file://${file}`), {
    flags: FLAGS,
    cwd: folder.path,
  });
  if (snippet.includes("app.run(")) {
    await program.listening;
    program.kill("SIGTERM");
  }
  await assertExitsWell(program);
}

/** A folder that looks like a user's project. */
async function createUserFolder(): Promise<AsyncDisposable & { path: string }> {
  const folder = await createWorkFolder();
  for (const name of ["gen", "examples"]) {
    await Deno.symlink(new URL(name, ROOT), `${folder.path}/${name}`);
  }
  return folder;
}
