/**
 * A tool that runs to its end: what it printed, and its exit code. A server in a process of its own
 * is `program.ts`'s.
 *
 * @module
 */

const BOUND_MS = 30_000;

/** What came of a tool. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What it printed, for tools that print bytes. */
  readonly bytes: Uint8Array;
}

/** Options for {@linkcode runCommand}. */
export interface CommandOptions {
  /**
   * Where it runs.
   *
   * @default {undefined} where this process does
   */
  cwd?: string | URL;
  /**
   * Variables that it gets besides those of this process.
   *
   * @default {{}}
   */
  env?: Record<string, string>;
}

/** Runs a tool, which is killed if it takes unreasonably long. */
export async function runCommand(
  command: string,
  args: readonly string[],
  { cwd, env = {} }: CommandOptions = {},
): Promise<CommandResult> {
  const child = new Deno.Command(command, {
    args: [...args],
    ...(cwd !== undefined && { cwd }),
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), BOUND_MS);
  try {
    const { code, stdout, stderr } = await child.output();
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: decode(stdout), stderr: decode(stderr), bytes: stdout };
  } finally {
    clearTimeout(timer);
  }
}

/** A message for an assertion about a tool: all that it said. */
export function transcript({ code, stdout, stderr }: CommandResult): string {
  return `exit code ${code}\n${stdout}\n${stderr}`;
}
