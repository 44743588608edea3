/**
 * `completions`: prints what a shell completes the command line by.
 *
 * @module
 */

import { type Command, defineCommand, EXIT } from "./command.ts";
import { completionScript, SHELLS } from "./completion_scripts.ts";

/** Prints a completion script. */
export const completions: Command = defineCommand({
  name: "completions",
  summary: "prints a script by which a shell completes commands and flags",
  flags: {},
  positionals: [{ name: "shell", summary: "the shell", choices: SHELLS }],
  examples: [
    "completions bash > ~/.local/share/bash-completion/completions/fastgrpc",
    "completions zsh > ~/.zfunc/_fastgrpc",
    "completions fish > ~/.config/fish/completions/fastgrpc.fish",
  ],
  async run({ positionals: [shell], program }) {
    const commands = await program.loadCommands();
    console.log(completionScript(shell as typeof SHELLS[number], program, commands));
    return EXIT.ok;
  },
});
