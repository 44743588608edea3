/**
 * The arguments of a command, parsed by what the command says of itself. How arguments are told apart
 * is `node:util`'s; which of them there are, and what is said of those that there are not, is ours.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { ConfigError } from "../config_error.ts";
import { suggest } from "../suggest.ts";
import {
  type Command,
  type CommandInput,
  type Flag,
  type Positional,
  positionalsOf,
  type Program,
} from "./command.ts";

/** Flags that every command has. */
export const COMMON_FLAGS = {
  help: { type: "boolean", short: "h", summary: "show this" },
} as const satisfies Record<string, Flag>;

type Values = Record<string, string | boolean | string[] | undefined>;
type OptionToken = Extract<
  NonNullable<ReturnType<typeof parseArgs>["tokens"]>[number],
  { kind: "option" }
>;

/**
 * Parses what stands behind the name of a command.
 *
 * @returns `"help"` if that is what was asked for.
 * @throws {ConfigError} If a flag or an argument is unknown, missing or superfluous.
 */
export function parseCommandArgs(
  command: Command,
  args: readonly string[],
  program: Program,
): CommandInput | "help" {
  const flags: Record<string, Flag> = { ...command.flags, ...COMMON_FLAGS };
  const { tokens, positionals } = parseArgs({
    args: [...args],
    // Its own checks would not tell the nearest flag.
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(flags).map((
        [name, { type, short }],
      ) => [name, { type, ...(short !== undefined && { short }) }]),
    ),
  });
  try {
    const values: Values = {};
    for (const [name, { multiple }] of Object.entries(flags)) if (multiple) values[name] = [];
    for (const token of tokens) if (token.kind === "option") readFlag(values, flags, token);
    if (values.help) return "help";
    checkPositionals(command.name, positionalsOf(command, program), positionals);
    return { values: values as CommandInput["values"], positionals, program };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(`${error.message}\n${helpHint(program, command)}`, { cause: error });
  }
}

/** Where to read how it is done. */
export function helpHint(program: Program, command?: Command): string {
  return `See "${[program.name, ...command ? [command.name] : [], "--help"].join(" ")}"`;
}

function readFlag(values: Values, flags: Record<string, Flag>, token: OptionToken): void {
  const { name, isNegated } = resolveName(flags, token);
  const flag = flags[name]!;
  const value = flag.type === "boolean"
    ? readBoolean(token, isNegated)
    : readText(token, name, flag);
  if (!flag.multiple) {
    if (values[name] !== undefined && values[name] !== value) {
      throw new ConfigError(`Cannot use --${name} twice: one value is wanted`);
    }
    values[name] = value;
  } else (values[name] as string[]).push(value as string);
}

function resolveName(
  flags: Record<string, Flag>,
  { name, rawName }: OptionToken,
): { name: string; isNegated: boolean } {
  if (Object.hasOwn(flags, name)) return { name, isNegated: false };
  const positive = name.replace(/^no-/, "");
  if (Object.hasOwn(flags, positive) && flags[positive]!.type === "boolean" && name !== positive) {
    return { name: positive, isNegated: true };
  }
  const known = Object.keys(flags).map((each) => `--${each}`);
  throw new ConfigError(`Cannot use flag "${rawName}": ${suggest(rawName, known)}`);
}

function readBoolean({ rawName, value, inlineValue }: OptionToken, isNegated: boolean): boolean {
  if (inlineValue) {
    if (value !== "true" && value !== "false") {
      throw new ConfigError(`Cannot use "${value}" for ${rawName}: it is a switch without a value`);
    }
    return (value === "true") !== isNegated;
  }
  return !isNegated;
}

function readText(
  { value, inlineValue }: OptionToken,
  name: string,
  { value: placeholder = "<value>", choices }: Flag,
): string {
  // The next argument may be a flag, whose own value was forgotten.
  if (value === undefined || (!inlineValue && /^-./.test(value))) {
    throw new ConfigError(`Cannot use --${name} without a value: write --${name}=${placeholder}`);
  }
  if (choices !== undefined && !choices.includes(value)) {
    throw new ConfigError(`Cannot use "${value}" for --${name}: ${suggest(value, choices)}`);
  }
  return value;
}

function checkPositionals(
  command: string,
  wanted: readonly Positional[],
  given: readonly string[],
): void {
  const missing = wanted.find(({ optional }, i) => !optional && i >= given.length);
  if (missing !== undefined) {
    throw new ConfigError(
      `Cannot run "${command}" without <${missing.name}>: give ${missing.summary}`,
    );
  }
  const isOpen = wanted.at(-1)?.multiple ?? false;
  if (given.length > wanted.length && !isOpen) {
    throw new ConfigError(
      `Cannot use argument "${given[wanted.length]}": ${command} takes ${
        wanted.length === 0 ? "none" : wanted.map(({ name }) => `<${name}>`).join(" ")
      }`,
    );
  }
  for (const [i, value] of given.entries()) {
    const { name, choices } = wanted[Math.min(i, wanted.length - 1)]!;
    if (choices === undefined || choices.includes(value)) continue;
    throw new ConfigError(`Cannot use "${value}" for <${name}>: ${suggest(value, choices)}`);
  }
}
