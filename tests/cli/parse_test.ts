import { assertEquals, assertThrows } from "@std/assert";
import { type Command, defineCommand, MODULE, type Program } from "../../src/cli/command.ts";
import { parseCommandArgs } from "../../src/cli/parse.ts";
import { ConfigError } from "../../src/errors.ts";

const call: Command = defineCommand({
  name: "call",
  summary: "calls a method",
  flags: {
    data: { type: "string", short: "d", summary: "what is sent" },
    header: { type: "string", multiple: true, value: "<name: value>", summary: "a header field" },
    format: { type: "string", choices: ["json", "text"], summary: "how a reply is printed" },
    tls: { type: "boolean", summary: "use TLS" },
    verbose: { type: "boolean", short: "v", summary: "tell more" },
  },
  positionals: [
    { name: "address", summary: "the server's" },
    { name: "mode", summary: "how it is called", optional: true, choices: ["unary", "stream"] },
  ],
  run: () => Promise.resolve(0),
});
const program: Program = { name: "prog", loadCommands: () => Promise.resolve([call]) };

function parse(...args: string[]) {
  return parseCommandArgs(call, args, program);
}

const NOTHING = { header: [] };

const GOOD: readonly (readonly [args: string[], values: object, positionals: string[]])[] = [
  [["a"], NOTHING, ["a"]],
  [["a", "stream"], NOTHING, ["a", "stream"]],
  [["--data", "x", "a"], { ...NOTHING, data: "x" }, ["a"]],
  [["a", "--data=x=y"], { ...NOTHING, data: "x=y" }, ["a"]],
  [["a", "--data="], { ...NOTHING, data: "" }, ["a"]],
  [["a", "--data=-1"], { ...NOTHING, data: "-1" }, ["a"]],
  [["a", "--data", "-"], { ...NOTHING, data: "-" }, ["a"]],
  [["a", "-d", "x"], { ...NOTHING, data: "x" }, ["a"]],
  [["a", "-vdx"], { ...NOTHING, verbose: true, data: "x" }, ["a"]],
  [["--header=x", "a", "--header", "y"], { header: ["x", "y"] }, ["a"]],
  [["a", "--tls"], { ...NOTHING, tls: true }, ["a"]],
  [["a", "--no-tls"], { ...NOTHING, tls: false }, ["a"]],
  [["a", "--tls=false"], { ...NOTHING, tls: false }, ["a"]],
  [["a", "--tls", "--tls"], { ...NOTHING, tls: true }, ["a"]],
  [["--", "--tls"], NOTHING, ["--tls"]],
];

for (const [args, values, positionals] of GOOD) {
  Deno.test(`parseCommandArgs() takes ${args.join(" ")}`, () => {
    assertEquals(parse(...args), { values, positionals, program } as never);
  });
}

for (const args of [["--help"], ["-h"], ["a", "--help"], ["a", "unary", "b", "--help"]]) {
  Deno.test(`parseCommandArgs() gives help for ${args.join(" ")}`, () => {
    assertEquals(parse(...args), "help");
  });
}

const BAD: readonly (readonly [args: string[], error: string])[] = [
  [[], 'Cannot run "call" without <address>: give the server\'s'],
  [["a", "unary", "b"], 'Cannot use argument "b": call takes <address> <mode>'],
  [["a", "unry"], 'Cannot use "unry" for <mode>: did you mean "unary"?'],
  [["a", "--dat=x"], 'Cannot use flag "--dat": did you mean "--data"?'],
  [["a", "-x"], 'Cannot use flag "-x": known are'],
  [["a", "--no-data"], 'Cannot use flag "--no-data": did you mean "--data"?'],
  [["a", "--constructor"], 'Cannot use flag "--constructor"'],
  [["a", "--__proto__=1"], 'Cannot use flag "--__proto__"'],
  [["a", "--data"], "Cannot use --data without a value: write --data=<value>"],
  [["a", "--data", "--tls"], "Cannot use --data without a value: write --data=<value>"],
  [["a", "--header"], "Cannot use --header without a value: write --header=<name: value>"],
  [["a", "--data=x", "--data=y"], "Cannot use --data twice: one value is wanted"],
  [["a", "--tls", "--no-tls"], "Cannot use --tls twice: one value is wanted"],
  [["a", "--tls=yes"], 'Cannot use "yes" for --tls: it is a switch without a value'],
  [["a", "--format=jsn"], 'Cannot use "jsn" for --format: did you mean "json"?'],
];

for (const [args, error] of BAD) {
  Deno.test(`parseCommandArgs() refuses ${args.join(" ") || "nothing"}`, () => {
    const { message } = assertThrows(() => parse(...args), ConfigError, error);
    assertEquals(message.split("\n").at(-1), 'See "prog call --help"');
  });
}

Deno.test("parseCommandArgs() asks a program with an app of its own for no module", () => {
  const serve = defineCommand({ ...call, flags: {}, positionals: [MODULE] });
  const own: Program = { ...program, load: () => Promise.resolve() };
  assertEquals(parseCommandArgs(serve, [], own), { values: {}, positionals: [], program: own });
  assertThrows(() => parseCommandArgs(serve, ["a.ts"], own), ConfigError, "call takes none");
});
