/**
 * What a command of the command line is: plain data, from which its arguments are parsed, its help is
 * written and shells complete it, and a function that runs it. What a command needs to run is imported
 * in `run()`, so that a health probe does not wait for a server's code to load.
 *
 * @module
 */

/** Exit codes of all commands. */
export const EXIT = {
  /** It was done, or what was asked about is so. */
  ok: 0,
  /** It failed, or what was asked about is not so. */
  failed: 1,
  /** Wrong usage or set-up: nothing was done. */
  usage: 2,
} as const;

/** An option on the command line: `--<name>`. Boolean ones may be turned off by `--no-<name>`. */
export interface Flag {
  readonly type: "boolean" | "string";
  /** What it does, in lower case, and what holds without it, in parentheses. */
  readonly summary: string;
  /**
   * What stands for its value in the help, such as `<port>`.
   *
   * @default {"<value>"}
   */
  readonly value?: string;
  /** One letter: `-<short>`. */
  readonly short?: string;
  /** The only values that there are. */
  readonly choices?: readonly string[];
  /** Whether it may be given more than once. */
  readonly multiple?: boolean;
  /** What a shell offers for its value. */
  readonly completes?: "file" | "directory";
}

/** Flags by their names in kebab-case. */
export type Flags = Readonly<Record<string, Flag>>;

/** An argument that is no flag. */
export interface Positional {
  readonly name: string;
  /** What it is, in lower case. */
  readonly summary: string;
  /** Whether it may be left out. Those after it may then, too. */
  readonly optional?: boolean;
  /** Whether there may be several; of the last one only. */
  readonly multiple?: boolean;
  /** The only values that there are. */
  readonly choices?: readonly string[];
  /** What a shell offers for it. */
  readonly completes?: "file" | "directory";
  /** Whether it is the module with the app, which a program with an app of its own does not ask for. */
  readonly isModule?: boolean;
}

/** The module with the app, for commands that take one. */
export const MODULE: Positional = {
  name: "module",
  summary: "the module that exports or runs an app: a path or URL",
  completes: "file",
  isModule: true,
};

/** What was given for flags; `undefined` or an empty list for those that were not. */
export type FlagValues<F extends Flags> = {
  readonly [Name in keyof F]: F[Name]["multiple"] extends true ? readonly string[]
    : (F[Name]["type"] extends "boolean" ? boolean : string) | undefined;
};

/** The program that a command runs in. */
export interface Program {
  /** How it is called. */
  readonly name: string;
  /** Loads all commands: for the help and completions, and to tell that there is none of a name. */
  readonly loadCommands: () => Promise<readonly Command[]>;
  /** Loads the module whose app it serves, where that is built in. */
  readonly load?: () => Promise<unknown>;
}

/** What a command is run with. */
export interface CommandInput<F extends Flags = Flags> {
  readonly values: FlagValues<F>;
  readonly positionals: readonly string[];
  readonly program: Program;
}

/** A command. */
export interface Command<F extends Flags = Flags> {
  readonly name: string;
  /** One line, for the list of commands: what it does, as in "serves the app of a module". */
  readonly summary: string;
  /** More of it, for its own help. */
  readonly description?: string;
  readonly flags: F;
  readonly positionals: readonly Positional[];
  /** What its exit codes mean, where they mean more than {@linkcode EXIT} says. */
  readonly exitCodes?: Readonly<Record<number | string, string>>;
  /**
   * The exit code of wrong usage and set-up.
   *
   * @default {2}
   */
  readonly usageCode?: number;
  /** Command lines, without the program's name. */
  readonly examples?: readonly string[];
  /**
   * Runs it.
   *
   * @returns The exit code.
   * @throws {ConfigError} If the usage or the set-up is wrong: its message is printed, without a stack.
   */
  run(input: CommandInput<F>): Promise<number>;
}

/** The arguments that a command takes in a program. */
export function positionalsOf(command: Command, { load }: Program): readonly Positional[] {
  return command.positionals.filter(({ isModule }) => load === undefined || !isModule);
}

/** Makes a command, with what `run()` gets typed by the flags. */
export function defineCommand<const F extends Flags>(command: Command<F>): Command {
  return command;
}
