import { assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../../src/cli/commands.ts";
import { VERSION } from "../../src/cli/version.ts";
import { transcript } from "../support/command.ts";
import { createCliFolder } from "../support/cli.ts";

/** Nothing needs a permission before it is clear what is to be done. */
const NO_FLAGS = { flags: [] };

Deno.test("cli tells what there is, without any permission", async () => {
  await using folder = await createCliFolder();
  for (const args of [["--help"], ["-h"], ["help"]]) {
    const { code, stdout, stderr } = await folder.run(args, NO_FLAGS);
    assertEquals([code, stderr], [0, ""]);
    for (const { name, summary } of COMMANDS) assertStringIncludes(stdout, `${name}`, summary);
  }
  const { stdout } = await folder.run(["--version"], NO_FLAGS);
  assertEquals(stdout, `fastgrpc ${VERSION}\n`);
});

for (const { name, flags, summary, usageCode = 2 } of COMMANDS) {
  Deno.test(`cli ${name} --help tells its flags and exit codes, without any permission`, async () => {
    await using folder = await createCliFolder();
    const result = await folder.run([name, "--help"], NO_FLAGS);
    assertEquals(result.code, 0, transcript(result));
    assertStringIncludes(result.stdout.toLowerCase(), summary.toLowerCase());
    for (const flag of Object.keys(flags)) assertStringIncludes(result.stdout, `--${flag}`);
    assertMatch(result.stdout, /Exit codes:\n {2}0 .+\n {2}1 .+\n {2}2 /);
    assertEquals((await folder.run(["help", name], NO_FLAGS)).stdout, result.stdout);
  });

  Deno.test(`cli ${name} refuses a flag that there is not`, async () => {
    await using folder = await createCliFolder();
    const result = await folder.run([name, "--hlp"], NO_FLAGS);
    assertEquals([result.code, result.stdout], [usageCode, ""]);
    assertEquals(
      result.stderr,
      `Cannot use flag "--hlp": did you mean "--help"?\nSee "fastgrpc ${name} --help"\n`,
    );
  });
}

const WRONG: readonly (readonly [args: string[], stderr: string])[] = [
  [[], 'Cannot run fastgrpc without a command\nSee "fastgrpc --help"\n'],
  [["serv"], 'Cannot run command "serv": did you mean "serve"?\nSee "fastgrpc --help"\n'],
  [["--port=1"], 'Cannot run command "--port=1": known are'],
  [["constructor"], 'Cannot run command "constructor": known are'],
  [["serve"], 'Cannot run "serve" without <module>'],
  [["serve", "nowhere.ts"], 'Cannot find module "nowhere.ts": give a path or a URL\n'],
  [["serve", "empty.ts"], 'Cannot find an app in "empty.ts": export it, or run it'],
  [
    ["serve", "two.ts"],
    'Cannot choose between the 2 apps of "two.ts": pick one by --app=<name>, ' +
    'exported are "one", "two"\n',
  ],
  [["serve", "hidden.ts"], 'Cannot choose between the 2 apps of "hidden.ts": export them'],
  [["serve", "two.ts", "--app=tow"], 'Cannot find app "tow" in "two.ts": did you mean "two"?\n'],
  [["serve", "server.ts", "--port=x"], '--port is "x": a whole number from 0 to 65535 is wanted\n'],
  [["check", "nowhere.ts"], 'Cannot find module "nowhere.ts": give a path or a URL\n'],
  [["check", "empty.ts"], 'Cannot find an app in "empty.ts"'],
  [["check", "server.ts", "--port=x"], '--port is "x"'],
  [["completions", "tcsh"], 'Cannot use "tcsh" for <shell>: '],
];

const NEW_APP = `import { FastGRPC } from "@fastgrpc/fastgrpc";\n`;
const MODULES = {
  "empty.ts": "export const app = {};",
  "two.ts": `${NEW_APP}export const one = new FastGRPC(), two = new FastGRPC();`,
  "hidden.ts": `${NEW_APP}new FastGRPC(); new FastGRPC();`,
};

for (const [args, stderr] of WRONG) {
  Deno.test(`cli ${args.join(" ")} fails with 2, and says why without a stack`, async () => {
    await using folder = await createCliFolder(MODULES);
    const result = await folder.run(args);
    assertEquals([result.code, result.stdout], [2, ""], transcript(result));
    assertStringIncludes(result.stderr, stderr);
    assertEquals(result.stderr.includes("    at "), false, result.stderr);
  });
}

Deno.test("cli shows the user's line of a mistake in set-up, and of nothing else", async () => {
  await using folder = await createCliFolder({
    "twice.ts": `${NEW_APP}\nnew FastGRPC({\n  timeuot: 5,\n} as never);`,
  });
  const { code, stderr } = await folder.run(["serve", "twice.ts"]);
  assertEquals(code, 2);
  assertMatch(
    stderr,
    /^Cannot create an app with option "timeuot": did you mean "timeout"\?\n +at file:.*twice\.ts:3:1\n$/,
  );
});

Deno.test("cli shows the stack of what is the module's own mistake", async () => {
  await using folder = await createCliFolder({
    "broken.ts": "function inner() {\n  (undefined as never)();\n}\ninner();\n",
  });
  const { code, stderr } = await folder.run(["serve", "broken.ts"]);
  assertNotEquals(code, 0);
  assertMatch(stderr, /TypeError: .*\n +at inner .*broken\.ts:2:\d+\)\n +at file:.*broken\.ts:4:1/);
});

Deno.test("cli tells a module that lacks another from one that is not there", async () => {
  await using folder = await createCliFolder({ "lacking.ts": `import "./nowhere.ts";` });
  const { code, stderr } = await folder.run(["check", "lacking.ts"]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "nowhere.ts");
});

Deno.test("cli does not use an app of another copy of the kit, and does not let it serve", async () => {
  await using folder = await createCliFolder();
  const root = new URL("../../", import.meta.url);
  await new Deno.Command("cp", {
    args: ["-r", "mod.ts", "src", "gen", folder.path],
    cwd: root,
  }).output();
  await folder.write(
    "other.ts",
    `import { FastGRPC } from "./mod.ts";
await new FastGRPC().run({ port: 0, hostname: "127.0.0.1" });
`,
  );
  const { code, stderr } = await folder.run(["serve", "other.ts"]);
  assertEquals(code, 2);
  assertMatch(stderr, /^Cannot use the app in "other\.ts": it is made by another copy of FastGRPC/);
});

Deno.test("cli has the version of deno.json", async () => {
  const text = await Deno.readTextFile(new URL("../../deno.json", import.meta.url));
  assertEquals(VERSION, JSON.parse(text).version);
});
