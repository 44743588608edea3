/**
 * Makes the calls of the behaviour matrix by connect-node.
 *
 * @module
 */

import { type Client, ConnectError, type Interceptor } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import type { Protocol } from "../../mod.ts";
import type { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { connectGreeter } from "../support/connect_node.ts";
import { eventually } from "../support/waiting.ts";
import { readDetails } from "./details.ts";
import type { Answer, CallPlan } from "./scenario.ts";
import type { ContentTypes } from "./ways.ts";

/** A call, and how it is made. */
export interface ConnectNodeCall extends CallPlan {
  readonly protocol: Protocol;
  readonly contentTypes: ContentTypes;
  readonly notes: readonly string[];
}

type CallOptions = NonNullable<Parameters<Client<typeof Greeter>["sayHello"]>[1]>;

/** Makes a call on a connection of its own. */
export async function callByConnectNode(baseUrl: string, plan: ConnectNodeCall): Promise<Answer> {
  using client = connectGreeter(baseUrl, {
    protocol: plan.protocol,
    transport: {
      useBinaryFormat: !plan.json,
      // Deno's client drops the end of what it unpacks.
      acceptCompression: [],
      interceptors: [contentTypeOf(plan)],
    },
  });
  const leaving = new AbortController();
  const over = Promise.withResolvers<void>();
  let [header, trailer] = [new Headers(), new Headers()];
  const replies: string[] = [];
  const options: CallOptions = {
    headers: (plan.metadata ?? []).map(([name, value]): [string, string] => [name, value]),
    signal: leaving.signal,
    onHeader: (fields) => header = fields,
    onTrailer: (fields) => trailer = fields,
  };
  const read = async () => {
    for await (const { message } of start(client, plan, options, over.promise)) {
      replies.push(message);
    }
  };
  const ended = read().then(() => undefined, (error) => ConnectError.from(error));
  if (plan.cancel !== undefined) {
    const { noted, replies: awaited = 0 } = plan.cancel;
    await eventually(noted, () => plan.notes.includes(noted) && replies.length >= awaited);
    leaving.abort();
  }
  const error = await ended;
  over.resolve();
  return {
    code: error === undefined ? "ok" : codeToString(error.code),
    message: plan.cancel === undefined ? error?.rawMessage ?? "" : "",
    details: readDetails(error),
    replies,
    header: fieldsOf(error === undefined ? header : error.metadata),
    trailer: fieldsOf(error === undefined ? trailer : new Headers()),
  };
}

/** gRPC alone has two lanes to choose from. */
function contentTypeOf({ protocol, contentTypes, json }: ConnectNodeCall): Interceptor {
  return (next) => (request) => {
    if (protocol === "grpc") request.header.set("content-type", contentTypes[json ? 1 : 0]);
    return next(request);
  };
}

async function* start(
  client: Client<typeof Greeter>,
  { kind, names = ["a"], keepOpen }: CallPlan,
  options: CallOptions,
  over: Promise<void>,
): AsyncGenerator<{ message: string }> {
  const requests = async function* () {
    for (const name of names) yield { name };
    if (keepOpen) await over;
  };
  const [name = ""] = names;
  switch (kind.name) {
    case "unary":
      return yield await client.sayHello({ name }, options);
    case "server stream":
      return yield* client.sayHelloTimes({ name }, options);
    case "client stream":
      return yield await client.sayHelloToAll(requests(), options);
    case "bidirectional stream":
      return yield* client.chat(requests(), options);
  }
}

function fieldsOf(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => name.startsWith("x-")));
}
