/**
 * The ways in which a client of ours calls the example service: each protocol over each version of
 * HTTP, and in memory.
 *
 * @module
 */

import { type CallerOptions, createClient, type ServiceClient } from "../../src/client.ts";
import { testClient } from "../../src/testing.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { PROTOCOLS } from "./connect_node.ts";
import type { RunningGreeter } from "./greeter.ts";

/** A client of ours. */
export type GreeterClient = ServiceClient<typeof Greeter>;

/** A way to call the greeter. */
export interface Way {
  readonly title: string;
  /** Whether requests and replies can go both ways at a time. */
  readonly isDuplex: boolean;
  readonly create: (greeter: RunningGreeter, options?: CallerOptions) => GreeterClient;
}

/** All of them. */
export const WAYS: readonly Way[] = [
  ...PROTOCOLS.map((protocol) => ({
    title: `by ${protocol} over HTTP/2`,
    isDuplex: true,
    create: ({ baseUrl }: RunningGreeter, options?: CallerOptions) =>
      createClient(Greeter, baseUrl, { ...options, protocol }),
  })),
  ...(["connect", "grpc-web"] as const).map((protocol) => ({
    title: `by ${protocol} over HTTP/1.1`,
    isDuplex: false,
    create: ({ baseUrl }: RunningGreeter, options?: CallerOptions) =>
      createClient(Greeter, baseUrl, { ...options, protocol, httpVersion: "1.1" }),
  })),
  {
    title: "in memory",
    isDuplex: true,
    create: ({ app }, options) => testClient(app, Greeter, options),
  },
];
