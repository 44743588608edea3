import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createProtoProject, greeterModule, moduleOf } from "../support/proto_project.ts";

const [PROTO, LOCK] = ["proto/demo/v1/demo.proto", "proto/demo/v1/demo.lock"];
const APP = greeterModule("name: z.string()");
const SERVE = "Cannot serve an app while its module is loaded for its services: do it in app.run()";

interface Mistake {
  /** What `app.ts` holds. */
  readonly module?: string;
  /** Other files. */
  readonly files?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly flags?: readonly string[];
  /** What it prints begins with this. */
  readonly message: string;
  /** And has this. */
  readonly also?: string;
}

const MISTAKES: Readonly<Record<string, Mistake>> = {
  "without a module": {
    args: [],
    message: 'Cannot run "proto" without <module>: give the module that exports or runs an app',
  },
  "with a misspelt option": {
    args: ["--chek", "app.ts"],
    message: 'Cannot use flag "--chek": did you mean "--check"?',
  },
  "with a value for --check": {
    args: ["--check=no", "app.ts"],
    message: 'Cannot use "no" for --check: it is a switch without a value',
  },
  "with --folder and no path": {
    args: ["app.ts", "--folder"],
    message: "Cannot use --folder without a value: write --folder=<path>",
  },
  "with a URL for --folder": {
    args: ["app.ts", "--folder=https://localhost/proto"],
    message:
      'Cannot use "https://localhost/proto" as the folder "proto" of services that name none',
  },
  "of a module that is missing": {
    args: ["other.ts"],
    message: 'Cannot find module "other.ts": give a path or a URL',
  },
  "of a module with a syntax error": {
    module: "const a = ;",
    message: 'Cannot load "app.ts": ',
    also: "at app.ts:1:11",
  },
  "of a module that has no app": {
    module: "export const a = 1;",
    message: 'Cannot find an app in "app.ts": export it, or run it, as in "export const app',
  },
  "of a module that fails": {
    module: 'export function fail() {\n  throw new Error("out of luck");\n}\nfail();',
    message: 'Cannot load "app.ts": out of luck\n    at fail (app.ts:2:9)\n',
  },
  "of a module that throws no error": {
    module: 'throw "out of luck";',
    message: 'Cannot load "app.ts": out of luck\n',
  },
  "of a module whose app is made wrongly": {
    module: moduleOf('export const app = new FastGRPC({ nam: "demo.v1.Greeter" });'),
    message:
      'Cannot load "app.ts": Cannot create an app with option "nam": did you mean "name"?\n    at app.ts:',
  },
  "of a module that serves at the top": {
    module: `${APP}await app.serve({ port: 0 });`,
    message: `Cannot load "app.ts": ${SERVE}`,
    also: "at app.ts:10:11",
  },
  "of a module that mounts its app at the top": {
    module:
      `import { createServer } from "node:http2";\n${APP}await app.addToServer(createServer());`,
    message: `Cannot load "app.ts": ${SERVE}`,
  },
  "of a module that may not do what it does": {
    module: 'Deno.env.get("HOME");',
    message:
      'Cannot load "app.ts": Requires env access to "HOME", run again with the --allow-env flag',
  },
  "of a schema that cannot be expressed": {
    module: greeterModule("pair: z.tuple([z.string(), z.string()])"),
    message: 'Cannot express "pair" in the request of "/demo.v1.Greeter/SayHello" in protobuf',
  },
  "of a folder that is a URL as a text": {
    module: greeterModule("name: z.string()", 'proto: import.meta.resolve("./proto/")'),
    message: 'Cannot load "app.ts": Cannot use "proto/" as the folder "proto"',
    also: 'a URL of a file, as in new URL("./proto/", import.meta.url)',
  },
  "of services of one package with different folders": {
    module: moduleOf(
      `const of = (name, proto) => new Service("demo.v1." + name, { proto });`,
      `export const app = new FastGRPC().addService(of("A", "proto")).addService(of("B", "other"));`,
    ),
    message:
      'Cannot use services "demo.v1.A" and "demo.v1.B" of package "demo.v1" with different folders: ' +
      'give both the same "proto"',
  },
  "of two services with one name": {
    module: moduleOf(
      'export const make = () => new FastGRPC().addService(new Service("demo.v1.A", { proto }));',
      "export const [a, b] = [make(), make()];",
    ),
    message: 'Cannot add service "demo.v1.A": its name is that of another service',
  },
  "of a lock with a conflict": {
    files: {
      [LOCK]: '{\n<<<<<<< HEAD\n  "version": 1,\n=======\n  "version": 1,\n>>>>>>> more\n}\n',
    },
    message:
      `Cannot read the lock "${LOCK}": line 2 has a conflict that is not resolved: take the whole`,
  },
  "of a lock that is no JSON": {
    files: { [LOCK]: '{ "version": 1' },
    message: `Cannot read the lock "${LOCK}": line 1 `,
  },
  "of a lock of a newer version": {
    files: { [LOCK]: '{\n  "version": 99\n}\n' },
    message: `Cannot read the lock "${LOCK}": line 2 `,
  },
  "that may not write": {
    flags: ["--allow-read"],
    message: `Cannot write "${LOCK}": allow it by --allow-write`,
  },
  "that may not write there": {
    flags: ["--allow-read", "--allow-write=other"],
    message: `Cannot write "${LOCK}": allow it by --allow-write`,
  },
  "that may not read the lock": {
    flags: ["--allow-read", "--deny-read=proto", "--allow-write"],
    message: `Cannot read "${LOCK}": allow it by --allow-read`,
  },
  "whose folder is a file": {
    files: { proto: "" },
    message: `Cannot read "${LOCK}": `,
  },
  "whose .proto file is a folder": {
    files: { [`${PROTO}/README`]: "" },
    message: `Cannot read "${PROTO}": `,
  },
};

for (
  const [title, { module = APP, files = {}, message, also = "", ...run }] of Object.entries(
    MISTAKES,
  )
) {
  Deno.test(`proto ${title} says so, writes nothing, and exits with 2`, async () => {
    await using project = await createProtoProject({ "app.ts": module, ...files });
    const { args = ["app.ts"], flags } = run;
    const before = await project.files().catch(() => undefined);
    const { code, stdout, stderr } = await project.proto(args, flags && { flags });
    assertEquals(stdout, "");
    assert(stderr.startsWith(message), stderr);
    assertStringIncludes(stderr, also);
    // At most the line of the user's code that is wrong.
    assert(stderr.split("\n").filter((line) => /^ +at /.test(line)).length <= 1, stderr);
    assertEquals(code, 2);
    assertEquals(await project.files().catch(() => undefined), before);
  });
}

Deno.test("proto --help tells how to use it", async () => {
  await using project = await createProtoProject();
  const { code, stdout, stderr } = await project.proto(["--help"]);
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  assertStringIncludes(stdout, "--check ");
});
