/**
 * `health`: asks a server whether it may have calls, as `grpc_health_probe` does, for whatever starts
 * a program to find that out.
 *
 * @module
 */

import { CLIENT_FLAGS } from "./client_flags.ts";
import { type Command, defineCommand } from "./command.ts";
import { ADDRESS } from "./server_address.ts";

/** Asks for the health of a server. */
export const health: Command = defineCommand({
  name: "health",
  summary: "asks a server, or one of its services, whether it serves",
  description:
    "It calls grpc.health.v1.Health, and prints the status in one line. It tries to connect until\n" +
    "--connect-timeout is over. With --watch it prints each change with its time, until SIGINT or\n" +
    "SIGTERM; when the connection breaks, it fails, unless there is --reconnect.\n" +
    "It needs --allow-net=<address>, and --allow-read of the PEM files.",
  flags: {
    service: { type: "string", value: "<name>", summary: "the service asked about (the server)" },
    watch: { type: "boolean", summary: "print each change, until a signal" },
    reconnect: {
      type: "boolean",
      summary: "with --watch: print UNREACHABLE, and try again after 1 s and up to 30 s",
    },
    "connect-timeout": {
      type: "string",
      value: "<duration>",
      summary: "how long it may take to connect (1s)",
    },
    timeout: {
      type: "string",
      value: "<duration>",
      summary: "how long the answer may take, when connected (1s)",
    },
    ...CLIENT_FLAGS,
  },
  positionals: [ADDRESS],
  usageCode: 1,
  exitCodes: {
    0: "SERVING; or a signal ended --watch",
    1: "wrong usage, such as a PEM file that cannot be read",
    2: "no connection",
    3: "the call failed, or took too long; the service is unknown",
    4: "any status but SERVING",
  },
  examples: [
    "health localhost:50051",
    "health --service=greeter.v1.Greeter --ca-certificate=certs/ca.pem https://localhost:50051",
    "health --watch --reconnect localhost:50051",
  ],
  async run({ values, positionals: [address] }) {
    const { readQuestion } = await import("./health_question.ts");
    const question = await readQuestion(address!, values);
    if (values.watch) {
      const { watchHealth } = await import("./health_watch.ts");
      return await watchHealth(question, values.reconnect ?? false);
    }
    const { probeHealth } = await import("./health_probe.ts");
    return await probeHealth(question);
  },
});
