import { assertEquals } from "@std/assert";
import { createWorkFolder, startProgram } from "./support/program.ts";

const ROOT = new URL("../", import.meta.url);
const PERMISSIONS = ["--allow-net=0.0.0.0,[::],127.0.0.1", "--allow-read=certs"];

for (const page of await pages()) {
  const text = await Deno.readTextFile(new URL(page, ROOT));
  for (const [index, snippet] of snippetsOf(text).entries()) {
    Deno.test(`${page} has a snippet ${index + 1} that runs`, () => runSnippet(snippet));
  }

  Deno.test(`${page} links to files that exist`, async () => {
    for (const [, target] of text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)) {
      await Deno.stat(new URL(target!, new URL(page, ROOT)));
    }
  });
}

async function pages(): Promise<string[]> {
  const found = ["README.md", "CHANGELOG.md"];
  for await (const { name } of Deno.readDir(new URL("docs/", ROOT))) found.push(`docs/${name}`);
  return found.filter((name) => name.endsWith(".md")).sort();
}

function snippetsOf(page: string): string[] {
  return [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, snippet]) => snippet!);
}

/** Runs a snippet where a user would; one that serves is stopped as a user would, by a signal. */
async function runSnippet(snippet: string): Promise<void> {
  await using folder = await createWorkFolder();
  for (const name of ["gen", "examples"]) {
    await Deno.symlink(new URL(name, ROOT), `${folder.path}/${name}`);
  }
  const file = `${folder.path}/snippet.ts`;
  await Deno.writeTextFile(file, snippet.replace("port: 50051", "port: 0"));
  await using program = startProgram(new URL(`file://${file}`), {
    permissions: PERMISSIONS,
    cwd: folder.path,
  });
  if (snippet.includes("app.run(")) {
    await program.listening;
    program.kill("SIGTERM");
  }
  assertEquals((await program.status).code, 0, program.output());
}
