/**
 * The ways to call: each lane, in each protocol that it speaks, by clients of others and by one that
 * writes the wire by hand. gRPC gets to the Connect lane by a content type in capitals.
 *
 * @module
 */

import type { Protocol } from "../../mod.ts";
import type { RunningGreeter } from "../support/greeter.ts";
import { callByConnectNode } from "./connect_node_client.ts";
import { callByGrpcJs } from "./grpc_js_client.ts";
import type { Answer, CallPlan } from "./scenario.ts";
import { callByWire } from "./wire_client.ts";

/** Content types for binary messages and for JSON. */
export type ContentTypes = readonly [binary: string, json: string];

/** A way to call. */
export interface Way {
  readonly name: string;
  /** Which lane serves it. */
  readonly lane: "gRPC" | "Connect";
  readonly protocol: Protocol;
  readonly client: "wire" | "connect-node" | "grpc-js";
  /** Whether such a call can be made. */
  takes(plan: CallPlan): boolean;
  /**
   * Makes a call on a connection of its own.
   *
   * @param notes What has been noted of the call so far.
   */
  call(greeter: RunningGreeter, plan: CallPlan, notes: readonly string[]): Promise<Answer>;
}

/** Lanes and protocols, and the content type with which gRPC finds its lane. */
const ROUTES: readonly [Way["lane"], Protocol, ContentTypes][] = [
  ["gRPC", "grpc", ["application/grpc", "application/grpc+json"]],
  ["Connect", "grpc", ["application/GRPC+proto", "application/GRPC+json"]],
  ["Connect", "grpc-web", ["application/grpc-web+proto", "application/grpc-web+json"]],
  ["Connect", "connect", ["application/proto", "application/json"]],
];

/** All of them. */
export const WAYS: readonly Way[] = [
  ...ROUTES.map(([lane, protocol, contentTypes]): Way => ({
    name: `${lane} lane, ${protocol}, by hand`,
    lane,
    protocol,
    client: "wire",
    takes: () => true,
    call: ({ baseUrl }, plan, notes) =>
      callByWire(baseUrl, { ...plan, protocol, contentTypes, notes }),
  })),
  ...ROUTES.map(([lane, protocol, contentTypes]): Way => ({
    name: `${lane} lane, ${protocol}, by connect-node`,
    lane,
    protocol,
    client: "connect-node",
    takes: ({ wire, path }) => wire === undefined && path === undefined,
    call: ({ baseUrl }, plan, notes) =>
      callByConnectNode(baseUrl, { ...plan, protocol, contentTypes, notes }),
  })),
  {
    name: "gRPC lane, grpc, by grpc-js",
    lane: "gRPC",
    protocol: "grpc",
    client: "grpc-js",
    takes: ({ wire, path, json, cancel }) =>
      wire === undefined && path === undefined && !json && cancel === undefined,
    call: ({ port }, plan) => callByGrpcJs(port, plan),
  },
];
