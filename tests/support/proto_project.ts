/**
 * A user's project in a folder of its own: modules with apps, and the command that writes their
 * `.proto` files, run as a user would.
 *
 * @module
 */

import { type CommandResult, runCommand } from "./command.ts";

const ROOT = new URL("../../", import.meta.url);

/** Options for {@linkcode ProtoProject.proto}. */
export interface ProtoRunOptions {
  /**
   * Of Deno: what the command may do.
   *
   * @default reads everything, writes `proto/`
   */
  flags?: readonly string[];
}

/** A project. Gone when the test's block ends. */
export interface ProtoProject extends AsyncDisposable {
  readonly path: string;
  /** Writes a module, or any other file. */
  write(name: string, text: string): Promise<void>;
  /** Reads a file; `undefined` if there is none. */
  read(name: string): Promise<string | undefined>;
  /** All files of `proto/` with their texts. */
  files(): Promise<Record<string, string>>;
  /** Runs the command. Paths of the project are shortened in what it prints. */
  proto(args: readonly string[], options?: ProtoRunOptions): Promise<CommandResult>;
}

/** Makes one of files by name. */
export async function createProtoProject(
  modules: Readonly<Record<string, string>> = {},
): Promise<ProtoProject> {
  const path = await Deno.realPath(await Deno.makeTempDir());
  const project: ProtoProject = {
    path,
    async write(name, text) {
      const file = `${path}/${name}`;
      await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(file, text);
    },
    async read(name) {
      try {
        return await Deno.readTextFile(`${path}/${name}`);
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return undefined;
        throw error;
      }
    },
    files: () => readAll(`${path}/proto`),
    async proto(args, { flags = ["--allow-read", "--allow-write=proto"] } = {}) {
      const result = await runCommand(Deno.execPath(), [
        ...["run", "--quiet", "--no-prompt", `--config=${new URL("deno.json", ROOT).pathname}`],
        ...flags,
        new URL("src/cli.ts", ROOT).pathname,
        "proto",
        ...args,
      ], { cwd: path });
      const shorten = (text: string) =>
        text.replaceAll(`file://${path}/`, "").replaceAll(`${path}/`, "");
      return { ...result, stdout: shorten(result.stdout), stderr: shorten(result.stderr) };
    },
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
  for (const [name, text] of Object.entries(modules)) await project.write(name, text);
  return project;
}

/** What a module of a project begins with. */
const IMPORTS = `import { FastGRPC, Service } from "@fastgrpc/fastgrpc";
import { z } from "zod";
const proto = new URL("./proto/", import.meta.url);
const Reply = z.object({ message: z.string() }).meta({ id: "Reply" });
const reply = () => ({ message: "" });
void Service;
`;

/** A module: what it begins with, and these lines. */
export function moduleOf(...lines: readonly string[]): string {
  return `${IMPORTS}${lines.join("\n")}\n`;
}

/** A module that exports an app, whose service \`demo.v1.Greeter\` has a request of these fields. */
export function greeterModule(fields: string, more = "proto"): string {
  return moduleOf(
    `export const app = new FastGRPC({ name: "demo.v1.Greeter", ${more} });`,
    `const Hello = z.object({ ${fields} }).meta({ id: "Hello" });`,
    `app.unaryUnary("SayHello", { request: Hello, response: Reply }, reply);`,
  );
}

async function readAll(folder: string, prefix = ""): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (isDirectory) {
        Object.assign(files, await readAll(`${folder}/${name}`, `${prefix}${name}/`));
      } else files[prefix + name] = await Deno.readTextFile(`${folder}/${name}`);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return files;
}
