/**
 * The help texts, from what commands say of themselves.
 *
 * @module
 */

import {
  type Command,
  type Flag,
  type Positional,
  positionalsOf,
  type Program,
} from "./command.ts";
import { COMMON_FLAGS } from "./parse.ts";
import type { Style } from "./style.ts";

const EXIT_CODES = {
  0: "done, or what was asked about is so",
  1: "failed, or what was asked about is not so",
  2: "wrong usage or set-up",
};

/** What `--help` without a command prints. */
export function programHelp(
  { name, load }: Program,
  commands: readonly Command[],
  style: Style,
): string {
  const titled = sections(style);
  return [
    `${style.bold(name)}: serves gRPC services, and asks and tells about them.`,
    titled("Usage", [`${name} ${load ? "[command]" : "<command>"} [options]`]),
    titled("Commands", columns(commands.map(({ name, summary }) => [name, summary]))),
    titled(
      "Options",
      columns([...flagRows(COMMON_FLAGS), ["    --version", "print the version"]]),
    ),
    titled("Exit codes", columns(Object.entries(EXIT_CODES))),
    `"${name} <command> --help" tells more of a command.`,
  ].join("\n\n");
}

/** What `--help` behind a command prints. */
export function commandHelp(command: Command, program: Program, style: Style): string {
  const { name, summary, description, flags, exitCodes = EXIT_CODES } = command;
  const positionals = positionalsOf(command, program);
  const titled = sections(style);
  const usage = [program.name, name, "[options]", ...positionals.map(usageOf)].join(" ");
  const blocks = [
    `${summary[0]!.toUpperCase()}${summary.slice(1)}.`,
    ...description === undefined ? [] : [description],
    titled("Usage", [usage]),
  ];
  if (positionals.length > 0) {
    blocks.push(titled(
      "Arguments",
      columns(positionals.map((each) => [`<${each.name}>`, withChoices(each)])),
    ));
  }
  blocks.push(titled("Options", columns(flagRows({ ...flags, ...COMMON_FLAGS }))));
  if (command.examples !== undefined) {
    blocks.push(titled("Examples", command.examples.map((line) => `${program.name} ${line}`)));
  }
  blocks.push(titled("Exit codes", columns(Object.entries(exitCodes))));
  return blocks.join("\n\n");
}

function sections(style: Style) {
  return (title: string, lines: readonly string[]) =>
    [style.bold(`${title}:`), ...lines.map((line) => `  ${line}`)].join("\n");
}

function flagRows(flags: Readonly<Record<string, Flag>>): [string, string][] {
  return Object.entries(flags).map(([name, flag]) => {
    const { type, short, value = "<value>", multiple } = flag;
    const left = `${short === undefined ? "   " : `-${short},`} --${name}`;
    const argument = type === "boolean" ? "" : ` ${value}${multiple ? "..." : ""}`;
    return [left + argument, withChoices(flag)];
  });
}

function withChoices({ summary, choices }: Flag | Positional): string {
  return choices === undefined ? summary : `${summary}: ${choices.join(", ")}`;
}

function usageOf({ name, optional, multiple }: Positional): string {
  const text = `<${name}>${multiple ? "..." : ""}`;
  return optional ? `[${text}]` : text;
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`);
}
