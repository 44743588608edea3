/**
 * `call`: calls a method of a server that tells what it has, with JSON in and out.
 *
 * @module
 */

import { CLIENT_FLAGS } from "./client_flags.ts";
import { type Command, defineCommand } from "./command.ts";
import { ADDRESS } from "./server_address.ts";

/** Calls a method, or lists what there is. */
export const call: Command = defineCommand({
  name: "call",
  summary: "calls a method with JSON, or lists what a server has, by its reflection",
  description:
    "Without <method> it lists the services; with a service, its methods. A request is JSON, @<file>,\n" +
    "or - for the standard input; several values are the requests of a stream, each sent as it comes.\n" +
    "Without any, an empty request is sent, and a stream is read from the standard input.\n" +
    "Replies are printed as JSON, one a line, and pretty on a terminal.\n" +
    "It needs --allow-net=<address>, and --allow-read of the files.",
  flags: {
    schema: {
      type: "string",
      value: "<file>",
      summary: 'a FileDescriptorSet, as "buf build -o <file>.binpb" writes it (reflection)',
      completes: "file",
    },
    protocol: {
      type: "string",
      choices: ["grpc", "grpc-web", "connect"],
      value: "<name>",
      summary: "what is spoken, over HTTP/2 (grpc)",
    },
    timeout: {
      type: "string",
      value: "<duration>",
      summary: "how long the call may take (no limit)",
    },
    "connect-timeout": {
      type: "string",
      value: "<duration>",
      summary: "how long it may take to connect (10s)",
    },
    "max-receive-bytes": {
      type: "string",
      value: "<number>",
      summary: "largest reply (4194304)",
    },
    "emit-defaults": { type: "boolean", summary: "print fields that have their default, too" },
    pretty: { type: "boolean", summary: "print replies over several lines (on a terminal)" },
    verbose: {
      type: "boolean",
      short: "v",
      summary: "tell of the header, the trailers and the time on the standard error",
    },
    ...CLIENT_FLAGS,
  },
  positionals: [
    ADDRESS,
    { name: "method", summary: "<service>/<method>, or a service", optional: true },
    { name: "request", summary: "JSON, @<file> or -", optional: true, multiple: true },
  ],
  exitCodes: {
    0: "the call ended with OK",
    1: "there is no reflection, or a reply cannot be printed",
    2: "wrong usage: no such method, or a request that does not fit it",
    "64+n": "the call failed, with gRPC's code n: 69 for NOT_FOUND, 78 for UNAVAILABLE",
    130: "cancelled by SIGINT (143 by SIGTERM)",
  },
  examples: [
    "call localhost:50051",
    "call localhost:50051 greeter.v1.Greeter",
    `call localhost:50051 greeter.v1.Greeter/SayHello '{"name": "Ada"}'`,
    `call localhost:50051 greeter.v1.Greeter/SayHelloToAll '{"name": "Ada"} {"name": "Bob"}'`,
    "call localhost:50051 greeter.v1.Greeter/Chat - < names.jsonl",
    `call -H 'authorization: Bearer …' https://example.com demo.v1.Demo/Get @request.json`,
  ],
  async run({ values, positionals: [address, method, ...requests] }) {
    const { runCall } = await import("./run_call.ts");
    return await runCall(values, { address: address!, method, requests });
  },
});
