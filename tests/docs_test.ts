import { assertEquals } from "@std/assert";
import { fileURLToPath, pathToFileURL } from "node:url";
import { assertExitsWell, createWorkFolder, startProgram } from "./support/program.ts";

const ROOT = new URL("../", import.meta.url);
const EXECUTABLES = fileURLToPath(new URL(".", pathToFileURL(Deno.execPath())));
const FLAGS = ["--allow-net=0.0.0.0,[::],127.0.0.1", "--allow-read=certs,proto"];
/** What the snippets of a page need besides that. */
const MORE_FLAGS: Readonly<Record<string, readonly string[]>> = {
  "docs/workers.md": [`--allow-run=${Deno.execPath()}`, "--allow-env=FASTGRPC_SUPERVISOR"],
};

interface Page {
  readonly name: string;
  readonly text: string;
  readonly snippets: readonly string[];
}

const PAGES = await readPages();

for (const { name, text, snippets } of PAGES) {
  for (const [index, snippet] of snippets.entries()) {
    Deno.test(
      `${name} has a snippet ${index + 1} that runs`,
      () => runSnippet(snippet, MORE_FLAGS[name]),
    );
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

Deno.test("docs/your-own-service.md leads to a service that answers", async () => {
  await using folder = await createWorkFolder();
  const files = await writeOwnService(folder.path);
  const run = async (command: string) => {
    const { code, stdout, stderr } = await new Deno.Command("sh", {
      args: ["-c", command],
      cwd: folder.path,
      env: { PATH: `${EXECUTABLES}:${Deno.env.get("PATH")}`, NO_COLOR: "1" },
    }).output();
    const output = new TextDecoder().decode(stdout);
    assertEquals(code, 0, output + new TextDecoder().decode(stderr));
    return output;
  };
  await run("deno task gen");
  await run("deno check main.ts");
  await using program = startProgram(new URL(`file://${folder.path}/main.ts`), {
    flags: FLAGS,
    cwd: folder.path,
  });
  const port = await program.listening;
  const call = files.get("call")!.replace(":50051", `:${port}`);
  assertEquals(JSON.parse(await run(call)), { id: "42", quantity: 3 });
  program.kill("SIGTERM");
  await assertExitsWell(program);
});

/** Puts the files of the page where it says, with the kit at its place here. */
async function writeOwnService(path: string): Promise<ReadonlyMap<string, string>> {
  const page = PAGES.find(({ name }) => name === "docs/your-own-service.md")!.text;
  const files = new Map<string, string>();
  for (const [, name, text] of page.matchAll(/^```\w+ title="(.+)"\n([\s\S]*?)^```$/gm)) {
    files.set(name!, text!);
  }
  await Deno.remove(`${path}/proto`);
  await Deno.mkdir(`${path}/proto/orders/v1`, { recursive: true });
  for (const [name, text] of files) {
    if (name === "call") continue;
    const content = text.replace('"../fastgrpc"', JSON.stringify(fileURLToPath(ROOT)))
      .replace("port: 50051", "port: 0");
    await Deno.writeTextFile(`${path}/${name}`, content);
  }
  return files;
}

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
async function runSnippet(snippet: string, moreFlags: readonly string[] = []): Promise<void> {
  await using folder = await createUserFolder();
  const file = `${folder.path}/snippet.ts`;
  await Deno.writeTextFile(file, withFreePorts(snippet));
  await using program = startProgram(new URL(`file://${file}`), {
    flags: [...FLAGS, ...moreFlags],
    cwd: folder.path,
  });
  if (snippet.includes("app.run(")) {
    await program.listening;
    program.kill("SIGTERM");
  }
  await assertExitsWell(program);
}

/** Others may have the usual ones. */
function withFreePorts(snippet: string): string {
  return snippet.replace("port: 50051", "port: 0").replace(/(health|admin)Port: \d+/g, "$1Port: 0");
}

/** A folder that looks like a user's project. */
async function createUserFolder(): Promise<AsyncDisposable & { path: string }> {
  const folder = await createWorkFolder();
  for (const name of ["gen", "examples"]) {
    await Deno.symlink(new URL(name, ROOT), `${folder.path}/${name}`);
  }
  return folder;
}
