/**
 * `buf`, the command line tool that the README shows: it calls servers, and generates `gen/`.
 *
 * @module
 */

const ROOT = new URL("../../", import.meta.url);

/** The package, for Deno to run. */
export const BUF = "npm:@bufbuild/buf@1.74.0/buf";

/** What came of running it. */
export interface BufResult {
  readonly success: boolean;
  /** What it printed, or why it failed. */
  readonly output: string;
}

/** Runs it in the folder of the project. It starts its plugin as "deno", which is this very one. */
export async function runBuf(...args: string[]): Promise<BufResult> {
  const directory = new URL(".", `file://${Deno.execPath()}`).pathname;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-lock", "--no-config", BUF, ...args],
    cwd: ROOT,
    env: { PATH: `${directory}:${Deno.env.get("PATH")}`, NO_COLOR: "1" },
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { success, output: success ? decode(stdout) : decode(stdout) + decode(stderr) };
}

/** Says hello to a server at an address, such as `https://localhost:50051`. */
export async function bufSayHello(baseUrl: string, args: readonly string[]): Promise<BufResult> {
  const { success, output } = await runBuf(
    ...["curl", "--schema", "proto", "--data", '{"name":"buf"}', ...args],
    `${baseUrl}/greeter.v1.Greeter/SayHello`,
  );
  // Without blanks.
  return { success, output: success ? JSON.stringify(JSON.parse(output)) : output };
}
