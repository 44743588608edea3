/**
 * The Dockerfile of `deploy/docker/`, taken apart, and its stages as far as they go without Docker:
 * what a stage copies, in a folder of its own, and its commands, which are run there.
 *
 * @module
 */

import { runCommand, transcript } from "./command.ts";
import { walkFiles } from "./files.ts";
import { createTempDirectory } from "./pem_files.ts";

const ROOT = new URL("../../", import.meta.url);
const DOCKER = new URL("deploy/docker/", ROOT);
/** Where the stages put what they make. */
const OUT = "/out/";

/** One line of a Dockerfile, continued ones joined. */
export interface Instruction {
  /** In upper case, such as `COPY`. */
  readonly name: string;
  readonly value: string;
}

/** A stage of a Dockerfile. */
export interface Stage {
  /** What it is called; `""` for the last one, which has no name. */
  readonly name: string;
  /** The image or stage that it begins with. */
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

/** Reads the stages, with arguments put in. */
export async function readStages(): Promise<readonly Stage[]> {
  const text = await Deno.readTextFile(new URL("Dockerfile", DOCKER));
  const lines = text.replace(/^\s*#.*\n/gm, "").replaceAll("\\\n", "").split("\n");
  const args = new Map<string, string>();
  const stages: (Stage & { readonly instructions: Instruction[] })[] = [];
  for (const line of lines) {
    const [, name, raw] = /^([A-Z]+) +(.*)$/.exec(line.trim()) ?? [];
    if (name === undefined) continue;
    const value = raw!.replace(/\$\{(\w+)\}/g, (_, arg) => args.get(arg)!);
    if (name === "ARG") args.set(...(value.split("=", 2) as [string, string]));
    else if (name === "FROM") {
      const [from, , stage = ""] = value.split(/ +/);
      stages.push({ name: stage, from: from!, instructions: [] });
    } else stages.at(-1)!.instructions.push({ name, value: value.replace(/\s+/g, " ") });
  }
  return stages;
}

/** The values of all instructions of a name in a stage. */
export function valuesOf(stages: readonly Stage[], stage: string, name: string): string[] {
  const { instructions } = stages.find((each) => each.name === stage)!;
  return instructions.filter((each) => each.name === name).map(({ value }) => value);
}

/** The files of the project that a stage copies, and that the .dockerignore lets through. */
export async function copiedFiles(stages: readonly Stage[], stage: string): Promise<string[]> {
  const passed = (await Deno.readTextFile(new URL("Dockerfile.dockerignore", DOCKER)))
    .split("\n").filter((line) => line.startsWith("!")).map((line) => line.slice(1));
  const files: string[] = [];
  for (const value of valuesOf(stages, stage, "COPY")) {
    for (const source of value.split(" ").slice(0, -1)) {
      const url = new URL(source, ROOT);
      const paths = source.endsWith("/")
        ? (await walkFiles(url)).map((path) => source + path)
        : [source];
      for (const path of paths) await Deno.stat(new URL(path, ROOT));
      files.push(...paths);
    }
  }
  return files.filter((path) =>
    passed.some((allowed) => path === allowed || path.startsWith(`${allowed}/`))
  );
}

/**
 * Runs the commands of a stage in a folder with nothing but what the stage before it copies.
 *
 * @param env Variables besides those of this process.
 * @returns The folder in which is what the commands have made, removed with the test's block.
 * @throws {Error} If a command fails.
 */
export async function runStage(
  stages: readonly Stage[],
  name: string,
  env: Record<string, string> = {},
): Promise<AsyncDisposable & { readonly out: URL }> {
  await using stack = new AsyncDisposableStack();
  const { directory } = stack.use(await createTempDirectory());
  const [source, out] = [new URL("src/", directory), new URL("out/", directory)];
  await Deno.mkdir(out);
  const { from } = stages.find((each) => each.name === name)!;
  for (const path of await copiedFiles(stages, from)) {
    await Deno.mkdir(new URL(".", new URL(path, source)), { recursive: true });
    await Deno.copyFile(new URL(path, ROOT), new URL(path, source));
  }
  const bin = new URL(".", new URL(`file://${Deno.execPath()}`)).pathname;
  for (const command of valuesOf(stages, name, "RUN")) {
    const result = await runCommand("sh", ["-c", command.replaceAll(OUT, out.pathname)], {
      cwd: source,
      env: { PATH: `${bin}:${Deno.env.get("PATH")}`, ...env },
      boundMs: 120_000,
    });
    if (result.code !== 0) throw new Error(`${command}\n${transcript(result)}`);
  }
  const rest = stack.move();
  return { out, [Symbol.asyncDispose]: () => rest.disposeAsync() };
}
