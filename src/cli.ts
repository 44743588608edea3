/**
 * The command line: finds the command, and prints what became of it. The commands are in `cli/`.
 *
 * @module
 */

import { type Command, EXIT, type Program } from "./cli/command.ts";
import { describeError } from "./cli/describe_error.ts";
import { helpHint, parseCommandArgs } from "./cli/parse.ts";
import { styleOf } from "./cli/style.ts";
import { VERSION } from "./cli/version.ts";
import { ConfigError } from "./config_error.ts";
import { suggest } from "./suggest.ts";

/** Commands that are over soon: they do not wait for the code of those that serve. */
const LIGHT_COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  health: async () => (await import("./cli/health.ts")).health,
  call: async () => (await import("./cli/call.ts")).call,
};

/** Options for {@linkcode runCli}. */
export interface CliOptions {
  /**
   * How the program is called, for its help.
   *
   * @default {"fastgrpc"}
   */
  program?: string;
  /**
   * Loads the module with the app, as in `() => import("./server.ts")`, for a program of your own that
   * is served by `serve`, and by no command at all. `serve` and `check` then take no module.
   *
   * @default {undefined} the module is an argument
   */
  load?: () => Promise<unknown>;
}

/**
 * Runs the command line, and prints what there is to say.
 *
 * @param args Without the program's name, such as `Deno.args`.
 * @returns The exit code: 0 for done, 1 for failed or not so, 2 for wrong usage or set-up, unless the
 *   command has its own.
 */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<number> {
  const { program: name = "fastgrpc", load } = options;
  const program: Program = { name, loadCommands, ...load && { load } };
  let command: Command | undefined;
  try {
    const [first, ...rest] = args;
    const wish = wishOf(args);
    if (wish !== undefined) return await tell(wish, program);
    // `help serve`, as many tools have it.
    const isHelp = first === "help";
    const isServed = load !== undefined && (first === undefined || first.startsWith("-"));
    command = await findCommand(isServed ? "serve" : isHelp ? rest[0] : first, program);
    const given = isServed ? args : isHelp ? ["--help"] : rest;
    const input = parseCommandArgs(command, given, program);
    return input === "help" ? await tell(command, program) : await command.run(input);
  } catch (error) {
    console.error(describeError(error));
    return error instanceof ConfigError || error instanceof TypeError || error instanceof RangeError
      ? command?.usageCode ?? EXIT.usage
      : EXIT.failed;
  }
}

/** What is asked of the program itself. */
function wishOf([first, ...rest]: readonly string[]): "help" | "version" | undefined {
  if (first === "--version") return "version";
  const isHelp = first === "--help" || first === "-h" ||
    (first === "help" && !rest[0]?.match(/^\w/));
  return isHelp ? "help" : undefined;
}

async function tell(what: "help" | "version" | Command, program: Program): Promise<number> {
  console.log(what === "version" ? `${program.name} ${VERSION}` : await helpOf(what, program));
  return EXIT.ok;
}

async function helpOf(what: "help" | Command, program: Program): Promise<string> {
  const { commandHelp, programHelp } = await import("./cli/help.ts");
  const style = styleOf(Deno.stdout);
  return what === "help"
    ? programHelp(program, await loadCommands(), style)
    : commandHelp(what, program, style);
}

async function findCommand(name: string | undefined, program: Program): Promise<Command> {
  if (name === undefined) {
    throw new ConfigError(`Cannot run ${program.name} without a command\n${helpHint(program)}`);
  }
  if (Object.hasOwn(LIGHT_COMMANDS, name)) return await LIGHT_COMMANDS[name]!();
  const commands = await loadCommands();
  const command = commands.find((each) => each.name === name);
  if (command !== undefined) return command;
  const known = commands.map((each) => each.name);
  throw new ConfigError(
    `Cannot run command "${name}": ${suggest(name, known)}\n${helpHint(program)}`,
  );
}

async function loadCommands(): Promise<readonly Command[]> {
  return (await import("./cli/commands.ts")).COMMANDS;
}

// A module that was loaded may hold timers and sockets: the command is over all the same.
if (import.meta.main) Deno.exit(await runCli(Deno.args));
