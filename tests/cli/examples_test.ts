import { assert, assertEquals } from "@std/assert";
import type { Program } from "../../src/cli/command.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { parseCommandArgs } from "../../src/cli/parse.ts";

const PROGRAM: Program = { name: "fastgrpc", loadCommands: () => Promise.resolve(COMMANDS) };
const DOCS = new URL("../../docs/", import.meta.url);

/** A word of a shell, in quotes or not; what comes behind a redirection, a pipe or a hash is none. */
const WORD = /'([^']*)'|"([^"]*)"|[^\s'"]+/g;

/** Fails if the command line would not take it. */
function parse(line: string): void {
  const [name, ...args] = [...line.replace(/ [>|<#&].*/, "").matchAll(WORD)]
    .map(([word, single, double]) => single ?? double ?? word);
  const command = COMMANDS.find((each) => each.name === name);
  assert(command !== undefined, `there is no ${name}`);
  parseCommandArgs(command, args, PROGRAM);
}

for (const { name, examples = [] } of COMMANDS) {
  Deno.test(`cli ${name} has examples in its help, and takes them`, () => {
    assert(examples.length > 0);
    for (const example of examples) parse(example);
  });
}

Deno.test("cli takes what the docs tell to type", async () => {
  const seen = new Set<string>();
  for await (const { name } of Deno.readDir(DOCS)) {
    if (!name.endsWith(".md")) continue;
    const text = await Deno.readTextFile(new URL(name, DOCS));
    for (const [, block] of text.matchAll(/^```(?:sh|console)\n([^]*?)^```$/gm)) {
      for (
        const [, line] of block!.replaceAll("\\\n", "").matchAll(
          /^(?:\$ )?(?:\w+=\S+ )*fastgrpc (.+)$/gm,
        )
      ) {
        parse(line!);
        seen.add(line!.split(" ", 1)[0]!);
      }
    }
  }
  assertEquals([...seen].sort(), COMMANDS.map(({ name }) => name).sort());
});
