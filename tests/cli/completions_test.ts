import { assertEquals } from "@std/assert";
import { createCliFolder } from "../support/cli.ts";
import { runCommand, transcript } from "../support/command.ts";
import { systemTool } from "../support/tools.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { SHELLS } from "../../src/cli/completion_scripts.ts";

/** What is typed, and what the shell offers. */
const CASES: readonly (readonly [typed: string, offers: readonly string[]])[] = [
  ["fastgrpc che", ["check"]],
  ["fastgrpc serve --log-l", ["--log-level"]],
  ["fastgrpc serve --log-format ", ["json", "text"]],
  ["fastgrpc serve --log-format=j", ["json"]],
  ["fastgrpc check --config fast", ["fastgrpc.yaml"]],
  ["fastgrpc check ser", ["server.ts"]],
  ["fastgrpc completions ", [...SHELLS].sort()],
  ["fastgrpc completions --hel", ["--help"]],
];

/** How a shell is made to offer what it would offer at the end of a line. */
const ASK: Readonly<Record<string, (script: string, typed: string) => readonly string[]>> = {
  bash: (script, typed) => [
    "--norc",
    "-c",
    // Bash takes "=" for a word of its own.
    `source "$1"; read -ra COMP_WORDS <<< "\${2//=/ = }"; [[ "$2" == *" " ]] && COMP_WORDS+=("")
compopt() { :; }
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _fastgrpc; printf '%s\\n' "\${COMPREPLY[@]}"`,
    "bash",
    script,
    typed,
  ],
  // A terminal of its own, in which what the completion is given is written down.
  zsh: (script, typed) => [
    "-f",
    "-c",
    `zmodload zsh/zpty; zpty shell zsh -f -i
zpty -w shell "source $1.rc; source $1; print REA''DY"; zpty -r -m shell _ '*READY*READY*'
zpty -w -n shell "$2"$'\t'; zpty -r -m shell _ '*DONE*'
zpty -d shell; cat offers`,
    "zsh",
    script,
    typed,
  ],
  fish: (script, typed) => [
    "--no-config",
    "-c",
    // An offer for "--flag=" has the flag before it.
    `source $argv[1]; complete -C $argv[2] | string replace -r '\\t.*' '' | string replace -r '^--.*=' ''`,
    script,
    typed,
  ],
};

const ZSH_RC = `PROMPT= RPROMPT=
autoload -U compinit && compinit -D -u
compadd() {
  local -a found
  builtin compadd -O found "$@"
  (($#found)) && print -rl -- $found >> offers
  builtin compadd "$@"
}
ask() { zle complete-word; print DO''NE }
zle -N ask
bindkey '^I' ask
print REA''DY
`;

for (const [shell, ask] of Object.entries(ASK)) {
  const isThere = await systemTool(shell) !== undefined;
  for (const [typed, offers] of CASES) {
    Deno.test({
      name: `completions ${shell} offers ${offers.join(", ")} for "${typed}"`,
      ignore: !isThere,
      async fn() {
        await using folder = await createCliFolder({ "fastgrpc.yaml": "" });
        const { stdout: script } = await folder.run(["completions", shell], { flags: [] });
        await folder.write("script", script);
        await folder.write("script.rc", ZSH_RC);
        const result = await runCommand(shell, ask(`${folder.path}/script`, typed), {
          cwd: folder.path,
        });
        const found = result.stdout.split("\n").filter((line) => line !== "");
        assertEquals([...new Set(found)].sort(), offers, transcript(result));
      },
    });
  }
}

for (const shell of SHELLS) {
  Deno.test({
    name: `completions ${shell} prints a script that ${shell} takes`,
    ignore: await systemTool(shell) === undefined,
    async fn() {
      await using folder = await createCliFolder();
      const { code, stdout } = await folder.run(["completions", shell], { flags: [] });
      assertEquals(code, 0);
      await folder.write("script", stdout);
      const result = await runCommand(shell, ["-n", `${folder.path}/script`]);
      assertEquals([result.code, result.stderr], [0, ""]);
    },
  });
}

Deno.test("completions know every command and flag", async () => {
  await using folder = await createCliFolder();
  for (const shell of SHELLS) {
    const { stdout } = await folder.run(["completions", shell], { flags: [] });
    for (const { name, flags } of COMMANDS) {
      for (const word of [name, ...Object.keys(flags)]) {
        assertEquals(stdout.includes(word), true, `${shell} does not know ${word}`);
      }
    }
  }
});
