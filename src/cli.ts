/**
 * The command line: finds the command, and prints what became of it. The commands are in `cli/`.
 *
 * @module
 */

import { COMMANDS } from "./cli/commands.ts";
import { type Command, EXIT, type Program } from "./cli/command.ts";
import { describeError } from "./cli/describe_error.ts";
import { commandHelp, programHelp } from "./cli/help.ts";
import { helpHint, parseCommandArgs } from "./cli/parse.ts";
import { styleOf } from "./cli/style.ts";
import { VERSION } from "./cli/version.ts";
import { ConfigError, suggest } from "./errors.ts";

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
 * @returns The exit code: 0 for done, 1 for failed or not so, 2 for wrong usage or set-up.
 */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<number> {
  const { program: name = "fastgrpc", load } = options;
  const program: Program = { name, commands: COMMANDS, ...load && { load } };
  try {
    return await dispatch(args, program);
  } catch (error) {
    console.error(describeError(error));
    return error instanceof ConfigError || error instanceof TypeError || error instanceof RangeError
      ? EXIT.usage
      : EXIT.failed;
  }
}

async function dispatch(args: readonly string[], program: Program): Promise<number> {
  const [first, ...rest] = args;
  const style = styleOf(Deno.stdout);
  if (first === "--help" || first === "-h" || (first === "help" && rest.length === 0)) {
    console.log(programHelp(program, style));
    return EXIT.ok;
  }
  if (first === "--version") {
    console.log(`${program.name} ${VERSION}`);
    return EXIT.ok;
  }
  // `help serve`, as many tools have it.
  if (first === "help") return await dispatch([rest[0]!, "--help"], program);
  const isServed = program.load !== undefined && (first === undefined || first.startsWith("-"));
  const command = isServed ? findCommand("serve", program) : findCommand(first, program);
  const input = parseCommandArgs(command, isServed ? args : rest, program);
  if (input !== "help") return await command.run(input);
  console.log(commandHelp(command, program, style));
  return EXIT.ok;
}

function findCommand(name: string | undefined, program: Program): Command {
  if (name === undefined) {
    throw new ConfigError(`Cannot run ${program.name} without a command\n${helpHint(program)}`);
  }
  const command = program.commands.find((each) => each.name === name);
  if (command !== undefined) return command;
  const known = program.commands.map((each) => each.name);
  throw new ConfigError(
    `Cannot run command "${name}": ${suggest(name, known)}\n${helpHint(program)}`,
  );
}

// A module that was loaded may hold timers and sockets: the command is over all the same.
if (import.meta.main) Deno.exit(await runCli(Deno.args));
