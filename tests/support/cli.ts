/**
 * The command line in a process of its own, in a folder with a module of its own: run to its end, or
 * started to serve.
 *
 * @module
 */

import { type CommandResult, runCommand } from "./command.ts";
import { type Program, startProgram } from "./program.ts";

const ROOT = new URL("../../", import.meta.url);
const CLI = new URL("src/cli.ts", ROOT);

/** A module whose app has the greeter, as `${FILE}` of a {@linkcode CliFolder}. */
export const GREETER_MODULE = `
import { FastGRPC } from "@fastgrpc/fastgrpc";
import { Greeter } from "${new URL("gen/greeter/v1/greeter_pb.ts", ROOT)}";
import { greeterHandlers } from "${new URL("examples/greeter.ts", ROOT)}";

export const app = new FastGRPC({ timeout: "30s", maxReceiveBytes: 2048 });
app.addService(Greeter, greeterHandlers, { methods: { chat: { timeout: 20 } } });
await app.run({ port: 0, hostname: "127.0.0.1" });
`;

/** What the command line may do in tests, unless they say otherwise. */
const FLAGS = ["--allow-net=127.0.0.1", "--allow-read", "--allow-env"];

/** How the command line is run. */
export interface CliOptions {
  /** Of Deno: what it may do. */
  readonly flags?: readonly string[];
  readonly env?: Record<string, string>;
}

/** A folder to run the command line in. */
export interface CliFolder extends AsyncDisposable {
  readonly path: string;
  /** Writes a file of the folder. */
  write(name: string, text: string): Promise<void>;
  /** Runs the command line to its end. */
  run(args: readonly string[], options?: CliOptions): Promise<CommandResult>;
  /** The command line as one writes it in a shell, with permissions. */
  commandOf(flags: readonly string[]): string;
  /** Starts the command line. */
  start(args: readonly string[], options?: CliOptions): Program;
}

/** Makes a folder with files, by their names; `server.ts` is {@linkcode GREETER_MODULE}. */
export async function createCliFolder(files: Record<string, string> = {}): Promise<CliFolder> {
  const path = await Deno.makeTempDir();
  const write = (name: string, text: string) => Deno.writeTextFile(`${path}/${name}`, text);
  for (const [name, text] of Object.entries({ "server.ts": GREETER_MODULE, ...files })) {
    await write(name, text);
  }
  return {
    path,
    write,
    run: (args, { flags = FLAGS, env = {} } = {}) =>
      runCommand(Deno.execPath(), [
        ...["run", "--quiet", "--no-prompt", `--config=${new URL("deno.json", ROOT).pathname}`],
        ...flags,
        CLI.href,
        ...args,
      ], { cwd: path, env }),
    commandOf: (flags) =>
      [
        ...[Deno.execPath(), "run", "--quiet", "--no-prompt"],
        ...[`--config=${new URL("deno.json", ROOT).pathname}`, ...flags, CLI.href],
      ].map((part) => `'${part}'`).join(" "),
    start: (args, { flags = FLAGS, env = {} } = {}) =>
      startProgram(CLI, { args, flags, env, cwd: path }),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
