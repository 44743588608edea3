/**
 * What runs in the page: one call by connect-web, as a test describes it, and all that a script sees
 * of it. Only this file runs in the browser; `browser_pages.ts` serves it, and calls `callFromPage()`.
 *
 * @module
 */

import { type CallOptions, Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { Greeter, SayHelloRequestSchema } from "../../../gen/greeter/v1/greeter_pb.ts";

/** How a page speaks. */
export type PageProtocol = "grpc-web" | "connect" | "connect-json";

/** A call for a page to make. */
export interface PageCall {
  readonly protocol: PageProtocol;
  readonly baseUrl: string;
  readonly method: "sayHello" | "sayHelloTimes";
  readonly name: string;
  /** How many messages a stream is asked for. */
  readonly times?: number;
  readonly timeoutMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly useHttpGet?: boolean;
  /** After which message of a stream the page gives up. */
  readonly abortAfter?: number;
}

/** What the page's script saw. */
export interface PageOutcome {
  /** `ok`, or code and message such as `NotFound: no such name`. */
  readonly status: string;
  /** The names in the details of the error. */
  readonly details: readonly string[];
  readonly messages: readonly string[];
  readonly header: Readonly<Record<string, string>>;
  readonly trailer: Readonly<Record<string, string>>;
}

/** What the script leaves for the test to call. */
export interface PageGlobals {
  /** Makes a call; never rejects. */
  callFromPage(call: PageCall): Promise<PageOutcome>;
}

async function callFromPage(call: PageCall): Promise<PageOutcome> {
  const messages: string[] = [];
  let header: HeadersInit = {};
  let trailer: HeadersInit = {};
  const controller = new AbortController();
  const options: CallOptions = {
    signal: controller.signal,
    ...(call.timeoutMs !== undefined && { timeoutMs: call.timeoutMs }),
    ...(call.headers !== undefined && { headers: call.headers }),
    onHeader: (fields) => header = fields,
    onTrailer: (fields) => trailer = fields,
  };
  let error: ConnectError | undefined;
  try {
    const client = createClient(Greeter, createTransport(call));
    if (call.method === "sayHello") {
      messages.push((await client.sayHello({ name: call.name }, options)).message);
    } else {
      const { name, times = 1 } = call;
      for await (const { message } of client.sayHelloTimes({ name, times }, options)) {
        messages.push(message);
        if (messages.length === call.abortAfter) controller.abort();
      }
    }
  } catch (thrown) {
    error = ConnectError.from(thrown);
  }
  return {
    status: error === undefined ? "ok" : `${Code[error.code]}: ${error.rawMessage}`,
    details: error?.findDetails(SayHelloRequestSchema).map(({ name }) => name) ?? [],
    messages,
    header: Object.fromEntries(new Headers(header)),
    trailer: Object.fromEntries(new Headers(trailer)),
  };
}

function createTransport({ protocol, baseUrl, useHttpGet = false }: PageCall) {
  if (protocol === "grpc-web") return createGrpcWebTransport({ baseUrl });
  const useBinaryFormat = protocol === "connect";
  return createConnectTransport({ baseUrl, useHttpGet, useBinaryFormat });
}

const globals: PageGlobals = { callFromPage };
Object.assign(globalThis, globals);
