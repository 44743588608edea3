import { assert, assertEquals } from "@std/assert";
import { type CliFolder, createCliFolder } from "../support/cli.ts";
import { runCommand } from "../support/command.ts";
import { serveGreeter } from "../support/greeter.ts";

const PAGE = new URL("../../docs/cli.md", import.meta.url);
const ADDRESS = "localhost:50051";

/** A command line of the page, and what it prints by the page. */
interface Shown {
  readonly command: string;
  readonly output: string;
}

/** What stands behind each `$` of the blocks of a section. */
function shownIn(page: string, section: string): Shown[] {
  const text = page.split(/^## /m).find((each) => each.startsWith(`${section}\n`)) ?? "";
  const blocks = [...text.matchAll(/^```console\n([^]*?)^```$/gm)].map(([, block]) => block!);
  return blocks.flatMap((block) => block.split(/^\$ /m).slice(1)).map((each) => {
    const [command, ...lines] = each.split("\n");
    return { command: command!, output: lines.join("\n") };
  });
}

/** As a shell runs it, on this port. */
async function run(folder: CliFolder, command: string, port: number): Promise<string> {
  const fastgrpc = folder.commandOf(["--allow-net"]);
  const script = `fastgrpc() { ${fastgrpc} "$@"; }\n${
    command.replaceAll(ADDRESS, `localhost:${port}`)
  }`;
  const { stdout, stderr } = await runCommand("sh", ["-c", script], { cwd: folder.path });
  return (stdout + stderr).replaceAll(`localhost:${port}`, ADDRESS);
}

for (const section of ["health", "call"]) {
  Deno.test(`docs/cli.md shows what ${section} prints`, async () => {
    const shown = shownIn(await Deno.readTextFile(PAGE), section);
    assert(shown.length > 1);
    await using folder = await createCliFolder();
    await using greeter = await serveGreeter({ serve: { healthCheck: true, reflection: true } });
    for (const { command, output } of shown) {
      assertEquals(await run(folder, command, greeter.port), output, command);
    }
  });
}
