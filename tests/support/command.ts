/**
 * A tool that runs to its end: what it printed, and its exit code. A server in a process of its own
 * is `program.ts`'s.
 *
 * @module
 */

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
  /**
   * After how long it is killed.
   *
   * @default {30000}
   */
  boundMs?: number;
  /**
   * Called with all that it has printed to its standard output whenever that has become more.
   *
   * @default {undefined}
   */
  onOutput?: (stdout: string) => void | Promise<void>;
}

/** Runs a tool to its end. */
export async function runCommand(
  command: string,
  args: readonly string[],
  { cwd, env = {}, boundMs = 30_000, onOutput }: CommandOptions = {},
): Promise<CommandResult> {
  const child = new Deno.Command(command, {
    args: [...args],
    ...(cwd !== undefined && { cwd }),
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), boundMs);
  try {
    const [bytes, errors, { code }] = await Promise.all([
      readAll(child.stdout, onOutput),
      readAll(child.stderr),
      child.status,
    ]);
    return { code, bytes, stdout: decode(bytes), stderr: decode(errors) };
  } finally {
    clearTimeout(timer);
  }
}

/** A message for an assertion about a tool: all that it said. */
export function transcript({ code, stdout, stderr }: CommandResult): string {
  return `exit code ${code}\n${stdout}\n${stderr}`;
}

async function readAll(
  stream: ReadableStream<Uint8Array>,
  onOutput?: CommandOptions["onOutput"],
): Promise<Uint8Array> {
  let all = new Uint8Array();
  for await (const bytes of stream) {
    const more = new Uint8Array(all.length + bytes.length);
    more.set(all);
    more.set(bytes, all.length);
    all = more;
    await onOutput?.(decode(all));
  }
  return all;
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
