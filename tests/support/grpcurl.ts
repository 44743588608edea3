/**
 * grpcurl, which speaks gRPC by grpc-go.
 *
 * @module
 */

import { type CommandResult, runCommand } from "./command.ts";
import { type InteropServer, tlsArguments } from "./interop_servers.ts";
import { goTool } from "./tools.ts";

/** Where it is, `undefined` if it is missing. */
export const GRPCURL: string | undefined = await goTool("grpcurl");

/** What it calls. */
export type GrpcurlTarget = Pick<InteropServer, "kind" | "files" | "address">;

/**
 * Runs it.
 *
 * @param args Its flags, save those of TLS.
 * @param command What comes after the address: a method, or `list` and the like.
 */
export function grpcurl(
  target: GrpcurlTarget,
  args: readonly string[],
  ...command: string[]
): Promise<CommandResult> {
  const tls = tlsArguments(target, {
    plaintext: ["-plaintext"],
    ca: "-cacert",
    cert: "-cert",
    key: "-key",
  });
  return runCommand(GRPCURL!, [...tls, ...args, target.address, ...command]);
}
