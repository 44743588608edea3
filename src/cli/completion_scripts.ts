/**
 * Completion scripts for shells, from what commands say of themselves: names of commands, flags, the
 * values of those that have a few, and files. A script calls nothing; it is made anew with a new
 * version.
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

/** Shells that there are scripts for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** What a shell can offer for a value. */
type Offer = Pick<Flag | Positional, "choices" | "completes">;

type Commands = readonly Command[];

/** The script of a shell. */
export function completionScript(
  shell: typeof SHELLS[number],
  program: Program,
  commands: Commands,
): string {
  return { bash, zsh, fish }[shell](program, commands);
}

function flagsOf({ flags }: Command): [name: string, flag: Flag][] {
  return Object.entries({ ...flags, ...COMMON_FLAGS });
}

/** In single quotes: nothing in it means anything to a shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function functionName({ name }: Program): string {
  return `_${name.replaceAll(/\W/g, "_")}`;
}

function bash(program: Program, commands: Commands): string {
  const { name } = program;
  const reply = (words: readonly string[]) =>
    `mapfile -t COMPREPLY < <(compgen -W ${quote(words.join(" "))} -- "$current")`;
  const offer = ({ choices, completes }: Offer) => {
    if (choices !== undefined) return reply(choices);
    if (completes === undefined) return "COMPREPLY=()";
    const kind = completes === "file" ? "-f" : "-d";
    return `compopt -o filenames; mapfile -t COMPREPLY < <(compgen ${kind} -- "$current")`;
  };
  const values = commands.flatMap((command) =>
    flagsOf(command).filter(([, { type }]) => type === "string").map(([flag, each]) =>
      `    ${quote(`${command.name} --${flag}`)}) ${offer(each)}; return ;;`
    )
  );
  const flags = commands.map((command) =>
    `      ${command.name}) ${reply(flagsOf(command).map(([flag]) => `--${flag}`))} ;;`
  );
  const positionals = commands.map((command) =>
    `    ${command.name}) ${offer(positionalsOf(command, program)[0] ?? {})} ;;`
  );
  return `# Completion of ${name} for bash
${functionName(program)}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local command="\${COMP_WORDS[1]}"
  COMPREPLY=()
  # Bash takes "=" for a word of its own.
  if [[ "$current" == "=" ]]; then
    current=""
  elif [[ "$previous" == "=" ]]; then
    previous="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
  if ((COMP_CWORD == 1)); then
    ${reply([...commands.map((each) => each.name), "--help", "--version"])}
    return
  fi
  case "$command $previous" in
${values.join("\n")}
  esac
  if [[ "$current" == -* ]]; then
    case "$command" in
${flags.join("\n")}
    esac
    return
  fi
  case "$command" in
${positionals.join("\n")}
  esac
}
complete -F ${functionName(program)} ${name}`;
}

function zsh(program: Program, commands: Commands): string {
  const { name } = program;
  const escape = (text: string) => text.replaceAll(/[\\[\]:]/g, "\\$&");
  const offer = ({ choices, completes }: Offer) => {
    if (choices !== undefined) return `(${choices.join(" ")})`;
    return completes === undefined ? " " : completes === "file" ? "_files" : "_files -/";
  };
  const specOfFlag = ([flag, each]: [string, Flag]) => {
    const head = `${each.multiple ? "*" : ""}--${flag}`;
    const what = `[${escape(each.summary)}]`;
    return quote(
      each.type === "boolean" ? head + what : `${head}=${what}:${escape(flag)}:${offer(each)}`,
    );
  };
  const specOfPositional = (each: Positional, index: number) =>
    quote(`${each.multiple ? "*" : index + 1}:${escape(each.name)}:${offer(each)}`);
  const cases = commands.map((command) => {
    const specs = [
      ...flagsOf(command).map(specOfFlag),
      ...positionalsOf(command, program).map(specOfPositional),
    ];
    return `    ${command.name})\n      _arguments -s ${specs.join(" \\\n        ")} ;;`;
  });
  const names = commands.map((each) => quote(`${each.name}:${escape(each.summary)}`));
  return `#compdef ${name}
# Completion of ${name} for zsh
${functionName(program)}() {
  local -a commands
  if ((CURRENT == 2)); then
    commands=(${names.join("\n      ")})
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${cases.join("\n")}
  esac
}
compdef ${functionName(program)} ${name}`;
}

function fish(program: Program, commands: Commands): string {
  const { name } = program;
  const line = (...parts: readonly string[]) => ["complete", "-c", name, ...parts].join(" ");
  const offer = ({ choices, completes }: Offer) => {
    if (choices !== undefined) return ["-x", "-a", quote(choices.join(" "))];
    if (completes === undefined) return ["-x"];
    return completes === "file"
      ? ["-r", "-F"]
      : ["-x", "-a", quote("(__fish_complete_directories)")];
  };
  const ofCommand = (command: Command) => {
    const when = ["-n", quote(`__fish_seen_subcommand_from ${command.name}`)];
    const flags = flagsOf(command).map(([flag, each]) =>
      line(
        ...when,
        "-l",
        flag,
        ...each.short === undefined ? [] : ["-s", each.short],
        "-d",
        quote(each.summary),
        ...each.type === "boolean" ? [] : offer(each),
      )
    );
    const [positional] = positionalsOf(command, program);
    if (positional === undefined) return flags;
    return [
      ...flags,
      line(...when, ...offer(positional).map((part) => part === "-x" ? "-f" : part)),
    ];
  };
  return [
    `# Completion of ${name} for fish`,
    line("-f"),
    ...commands.map((command) =>
      line("-n", "__fish_use_subcommand", "-a", command.name, "-d", quote(command.summary))
    ),
    ...commands.flatMap(ofCommand),
  ].join("\n");
}
