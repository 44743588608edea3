/**
 * `buf curl`, the command line client that the README shows.
 *
 * @module
 */

const ROOT = new URL("../../", import.meta.url);
const BUF = "npm:@bufbuild/buf@1.74.0/buf";

/** What came of one call. */
export interface BufResult {
  readonly success: boolean;
  /** What it printed: the reply in JSON without blanks, or why it failed. */
  readonly output: string;
}

/** Says hello to `buf` at an address, such as `https://localhost:50051`. */
export async function bufSayHello(baseUrl: string, args: readonly string[]): Promise<BufResult> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    cwd: ROOT,
    args: [
      ...["run", "-A", "--quiet", "--no-lock", "--no-config", BUF, "curl", "--schema", "proto"],
      ...["--data", '{"name":"buf"}', ...args],
      `${baseUrl}/greeter.v1.Greeter/SayHello`,
    ],
  }).output();
  const output = new TextDecoder().decode(success ? stdout : stderr);
  return { success, output: success ? JSON.stringify(JSON.parse(output)) : output };
}
