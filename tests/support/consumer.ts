/**
 * A project of somebody who uses the kit: `tests/packages/consumer/` in a folder of its own, away from
 * the kit's import map, with code that is generated there.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { runBuf } from "./buf.ts";
import { type CommandResult, runCommand, transcript } from "./command.ts";
import { createDenoDir } from "./deno_dir.ts";

const ROOT = new URL("../../", import.meta.url);
const SOURCES = ["main.ts", "server.ts"];
const GENERATED = "gen/greeter/v1/greeter_pb.ts";

/** What {@linkcode Consumer} prints wherever it got the kit from. */
const EXPECTED = {
  oneCopyOfConnect: true,
  oneCopyOfProtobuf: true,
  unary: "Hello Ada, by grpc",
  replies: ["0 Ada", "1 Ada"],
  toAll: "Ada,Bob",
  chat: ["Ada", "Bob"],
  refused: "InvalidArgument",
  invalid: 1,
  inCode: "Ada: hello",
  inMemory: "Hello Ada, by grpc",
  onOwnServer: "Hello Ada, by grpc",
  health: "SERVING",
  proto: true,
};

/** Options for {@linkcode createConsumer}. */
export interface ConsumerOptions {
  /** Where the kit is, by the key of `exports` in deno.json, such as `./client`. */
  readonly kit: (entry: string) => string;
  /**
   * Where other packages are. What is generated imports them by these as well.
   *
   * @default {(name) => name} by their names
   */
  readonly packages?: (name: string) => string;
  /** Further files, by their names: configuration. */
  readonly files?: Readonly<Record<string, object>>;
}

/** The project. Gone when the test's block ends. */
export interface Consumer extends AsyncDisposable {
  /** Where it is. */
  readonly path: string;
  /** Runs Deno in it, which has no modules in its cache, packages of npm excepted. */
  deno(args: readonly string[], env?: Record<string, string>): Promise<CommandResult>;
}

/** Makes the project. */
export async function createConsumer(
  { kit, packages = (name) => name, files = {} }: ConsumerOptions,
): Promise<Consumer> {
  const path = await Deno.makeTempDir();
  for (const name of SOURCES) {
    const source = await Deno.readTextFile(new URL(`tests/packages/consumer/${name}`, ROOT));
    await Deno.writeTextFile(`${path}/${name}`, redirect(source, kit, packages));
  }
  await generate(path, packages);
  for (const [name, content] of Object.entries(files)) {
    await Deno.writeTextFile(`${path}/${name}`, JSON.stringify(content));
  }
  const cache = await createDenoDir();
  return {
    path,
    deno: (args, env = {}) =>
      runCommand(Deno.execPath(), args, {
        cwd: path,
        env: { DENO_DIR: cache.path, ...env },
        boundMs: 120_000,
      }),
    async [Symbol.asyncDispose]() {
      await Deno.remove(path, { recursive: true });
      await cache[Symbol.asyncDispose]();
    },
  };
}

/** Checks the types of the project, and runs it. */
export async function assertConsumerWorks(
  consumer: Consumer,
  { flags = [], env }: { flags?: readonly string[]; env?: Record<string, string> } = {},
): Promise<CommandResult> {
  const run = ["run", "--check", "--no-prompt", ...flags, "--allow-net=127.0.0.1", "main.ts"];
  const result = await consumer.deno(run, env);
  assertReport(result);
  return result;
}

/** Checks what the project has printed. */
export function assertReport(result: CommandResult): void {
  assertEquals(result.code, 0, transcript(result));
  assertEquals(JSON.parse(result.stdout.trim().split("\n").at(-1)!), EXPECTED);
}

/** The file of an entry, relative to the root of the kit. */
export function fileOfEntry(entry: string): string {
  const file = (config.exports as Record<string, string>)[entry];
  assert(file !== undefined, `deno.json exports no "${entry}"`);
  return file.slice("./".length);
}

/** Has it import from elsewhere. */
function redirect(
  source: string,
  kit: (entry: string) => string,
  packages: (name: string) => string,
): string {
  return source.replace(/(?<=from ")[^"]+(?=";)/g, (specifier) => {
    if (specifier.endsWith(GENERATED)) return `./${GENERATED}`;
    if (specifier.startsWith("node:")) return specifier;
    if (!specifier.startsWith(config.name)) return packages(specifier);
    return kit(`.${specifier.slice(config.name.length)}`);
  });
}

async function generate(path: string, packages: (name: string) => string): Promise<void> {
  const rewritten = ["", "/codegenv2", "/wkt"].map((part) => `@bufbuild/protobuf${part}`)
    .map((name) => `rewrite_imports=${name}:${packages(name)}`);
  const template = {
    version: "v2",
    plugins: [{
      local: ["deno", "run", "--no-lock", "-A", "npm:@bufbuild/protoc-gen-es@2.17.0"],
      out: "gen",
      opt: ["target=ts", "import_extension=ts", ...rewritten],
    }],
  };
  const { success, output } = await runBuf(
    ...["generate", "proto", "--path", "proto/greeter", "--template", JSON.stringify(template)],
    ...["--output", path],
  );
  assert(success, output);
}
