/**
 * `openssl s_client`: the one client at hand that resumes TLS sessions of either version on demand.
 *
 * @module
 */

import { isInstalled } from "./program.ts";

/** Whether this machine has it. */
export const hasOpenssl: boolean = await isInstalled("openssl", "version");

/** Options for {@linkcode opensslGet}. */
export interface OpensslOptions {
  readonly port: number;
  /** Arguments for `s_client`, such as `-tls1_2`. */
  readonly args: readonly string[];
}

/** What came of one request. */
export interface OpensslResult {
  /** Whether the session of an earlier connection was resumed. */
  readonly resumed: boolean;
  /** Whether there was a response; otherwise the server has closed the connection. */
  readonly answered: boolean;
}

/** Makes one request of HTTP/1.1 on a connection of its own. */
export async function opensslGet({ port, args }: OpensslOptions): Promise<OpensslResult> {
  const child = new Deno.Command("openssl", {
    args: ["s_client", "-connect", `127.0.0.1:${port}`, "-alpn", "http/1.1", "-ign_eof", ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const request = "GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  // It may be gone before it has read this.
  await new Blob([request]).stream().pipeTo(child.stdin).catch(() => {});
  const output = new TextDecoder().decode((await child.output()).stdout);
  return {
    resumed: /^Reused, /m.test(output),
    answered: output.includes("HTTP/1.1 "),
  };
}
