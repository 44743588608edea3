import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type CommandResult, runCommand, transcript } from "../support/command.ts";
import { createProtoProject, greeterModule, moduleOf } from "../support/proto_project.ts";

const [PROTO, LOCK] = ["proto/demo/v1/demo.proto", "proto/demo/v1/demo.lock"];
const ADVICE = "Run it without --check, and commit what it writes\n";
const FIRST = greeterModule("name: z.string(), times: z.int32()");

/** What a run came to, for an assertion. */
const outcome = ({ code, stdout, stderr }: CommandResult) => ({ code, stdout, stderr });

Deno.test("proto writes what is missing, and nothing the second time", async () => {
  await using project = await createProtoProject({ "app.ts": FIRST });
  assertEquals(outcome(await project.proto(["--check", "app.ts"])), {
    code: 1,
    stdout: "",
    stderr: `${LOCK} is missing\n${PROTO} is missing\n${ADVICE}`,
  });
  assertEquals(await project.files(), {});
  assertEquals(outcome(await project.proto(["app.ts"])), {
    code: 0,
    stdout: `wrote ${LOCK}\nwrote ${PROTO}\n`,
    stderr: "",
  });
  const written = await project.files();
  assertEquals(Object.keys(written).sort(), ["demo/v1/demo.lock", "demo/v1/demo.proto"]);
  assertStringIncludes(written["demo/v1/demo.proto"]!, "  string name = 1;\n  int32 times = 2;\n");
  for (const args of [["app.ts"], ["app.ts", "--check"]]) {
    assertEquals(outcome(await project.proto(args)), { code: 0, stdout: "", stderr: "" });
  }
  assertEquals(await project.files(), written);
});

Deno.test("proto numbers a new field after the others, and reserves one that is gone", async () => {
  await using project = await createProtoProject({ "app.ts": FIRST });
  await project.proto(["app.ts"]);

  await project.write(
    "app.ts",
    greeterModule("nick: z.string(), name: z.string(), times: z.int32()"),
  );
  assertEquals(outcome(await project.proto(["app.ts", "--check"])), {
    code: 1,
    stdout: "added demo.v1.Hello.nick = 3\n",
    stderr: `${LOCK} is not up to date\n${PROTO} is not up to date\n${ADVICE}`,
  });
  assertEquals((await project.proto(["app.ts"])).code, 0);
  assertStringIncludes((await project.read(PROTO))!, "  string nick = 3;\n  string name = 1;\n");
  assertStringIncludes((await project.read(LOCK))!, '"nick": { "number": 3, "type": "string" }');

  await project.write("app.ts", greeterModule("nick: z.string(), name: z.string()"));
  assertEquals(outcome(await project.proto(["app.ts"])), {
    code: 0,
    stdout: "removed demo.v1.Hello.times: number 2 and the name are reserved\n" +
      `wrote ${LOCK}\nwrote ${PROTO}\n`,
    stderr: "",
  });
  assertMatch((await project.read(PROTO))!, /reserved 2;\n\s+reserved "times";/);
  assertMatch((await project.read(LOCK))!, /"reserved": \{\n\s+"times": 2\n/);
  assertEquals((await project.proto(["app.ts", "--check"])).code, 0);
});

Deno.test("proto refuses what breaks clients, names the remedy, and writes nothing", async () => {
  await using project = await createProtoProject({ "app.ts": FIRST });
  await project.proto(["app.ts"]);
  const written = await project.files();
  const changes = {
    "name: z.string(), times: z.string()":
      'demo.v1.Hello.times was int32, is string\n  remedy: make it uint32, or keep "times" as it was',
    "name: z.array(z.string()), times: z.int32()":
      'demo.v1.Hello.name was string, is repeated string\n  remedy: keep "name" as it was',
  };
  for (const [fields, problem] of Object.entries(changes)) {
    await project.write("app.ts", greeterModule(fields));
    for (const args of [["app.ts"], ["--check", "app.ts"]]) {
      const { code, stderr } = await project.proto(args);
      assertEquals(code, 1, stderr);
      assertStringIncludes(stderr, problem);
      assert(!stderr.includes("Run it without --check"), stderr);
    }
  }
  assertEquals(await project.files(), written);
});

/** Modules that make an app in other ways, each with a service of its own. */
const WAYS: Readonly<Record<string, string>> = {
  "runs its app": "await app.run({ port: 0 });",
  "exports its app": "export { app };",
  "runs its app if it is the program": "if (import.meta.main) await app.run({ port: 0 });",
  "runs its app, and keeps a timer": "setInterval(() => {}, 1000); await app.run({ port: 0 });",
};

for (const [way, line] of Object.entries(WAYS)) {
  Deno.test(`proto finds the app of a module that ${way}`, async () => {
    const app = FIRST.replace("export const", "const");
    await using project = await createProtoProject({ "app.ts": `${app}${line}\n` });
    assertEquals(outcome(await project.proto(["app.ts"])), {
      code: 0,
      stdout: `wrote ${LOCK}\nwrote ${PROTO}\n`,
      stderr: "",
    });
  });
}

/** A service that is made in a module, with an empty request and reply. */
const serviceOf = (name: string, options = "{ proto }") =>
  `new Service("${name}", ${options})` +
  `.unaryUnary("Say", { request: z.object({}), response: z.object({}) }, () => ({}))`;

const appOf = (name: string, options?: string) =>
  `new FastGRPC().addService(${serviceOf(name, options)})`;

Deno.test("proto puts the services of all apps of a package into one file", async () => {
  await using project = await createProtoProject({
    "clock.ts": moduleOf(`export const clock = ${serviceOf("demo.v1.Clock")};`),
    "a.ts": moduleOf(
      'import { clock } from "./clock.ts";',
      "export const app = new FastGRPC().addService(clock);",
      `export const second = ${appOf("demo.v1.Radio")}.addService(clock);`,
    ),
    "b.ts": moduleOf(
      'import "./a.ts";',
      `export const app = ${appOf("demo.v1.Bell")}.addService(${serviceOf("shop.Till")});`,
    ),
  });
  const written = [LOCK, PROTO, "proto/shop/shop.lock", "proto/shop/shop.proto"];
  assertEquals(outcome(await project.proto(["b.ts", "a.ts"])), {
    code: 0,
    stdout: written.map((file) => `wrote ${file}\n`).join(""),
    stderr: "",
  });
  const services = (await project.read(PROTO))!.match(/^service \w+/gm);
  assertEquals(services?.sort(), ["service Bell", "service Clock", "service Radio"]);
  assertEquals((await project.proto(["a.ts", "b.ts", "--check"])).code, 0);

  const { code, stderr } = await project.proto(["a.ts"]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "demo.v1.Bell was removed, a service that clients call");
});

Deno.test("proto takes --folder for services without one, and warns of them", async () => {
  await using project = await createProtoProject({
    "app.ts": moduleOf(`export const app = ${appOf("demo.v1.Clock", "{}")};`),
  });
  const { code, stdout, stderr } = await project.proto(["app.ts", "--folder", "proto/mine"]);
  assertEquals(code, 0, stderr);
  assertEquals(stdout, "wrote proto/mine/demo/v1/demo.lock\nwrote proto/mine/demo/v1/demo.proto\n");
  assertStringIncludes(
    stderr,
    'Package "demo.v1" is served by the order of declaration, not by its lock: set "proto"',
  );
  assertEquals((await project.proto(["--check", "--folder=proto/mine", "app.ts"])).code, 0);
});

Deno.test("the task of docs/lock.md works in a project with an import map of its own", async () => {
  await using project = await createProtoProject({ "main.ts": FIRST });
  const root = new URL("../../", import.meta.url);
  const page = await Deno.readTextFile(new URL("docs/lock.md", root));
  const { tasks } = JSON.parse(
    /^```json title="deno.json"\n(\{\s+"tasks"[^]*?)^```$/m.exec(page)![1]!,
  );
  const { imports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  const resolved = Object.entries<string>(imports).map(([name, target]) =>
    [name, target.startsWith("./") ? new URL(target, root).href : target] as const
  );
  const config = { tasks, imports: Object.fromEntries(resolved), lock: false };
  await project.write("deno.json", JSON.stringify(config));
  const task = (...args: string[]) =>
    runCommand(Deno.execPath(), ["task", "--quiet", "proto", ...args], { cwd: project.path });

  assertEquals((await task("--check")).code, 1);
  const written = await task();
  assertEquals(written.code, 0, transcript(written));
  assertEquals(Object.keys(await project.files()).length, 2);
  assertEquals((await task("--check")).code, 0);
});
