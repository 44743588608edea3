/**
 * What a row of the behaviour matrix says: how an app is made, how it is called, and what must come
 * of it, on whichever lane and in whichever protocol it is called. `run.ts` runs rows, `ways.ts` has
 * the ways.
 *
 * @module
 */

import type {
  AppOptions,
  Interceptor,
  Protocol,
  ServiceContext,
  ServiceImplementation,
  ServiceOptions,
} from "../../mod.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import type { GreeterSchemas } from "../support/code_greeter.ts";

/** A kind of method, with the example service's method of that kind. */
export interface Kind {
  /** Names it in titles. */
  readonly name: "unary" | "server stream" | "client stream" | "bidirectional stream";
  readonly method: typeof Greeter.methods[number];
  /** Whether the request is a stream. */
  readonly sendsMany: boolean;
  /** Whether the reply is a stream. */
  readonly getsMany: boolean;
}

const { sayHello, sayHelloTimes, sayHelloToAll, chat } = Greeter.method;

export const UNARY: Kind = {
  name: "unary",
  method: sayHello,
  sendsMany: false,
  getsMany: false,
};
export const SERVER_STREAM: Kind = {
  name: "server stream",
  method: sayHelloTimes,
  sendsMany: false,
  getsMany: true,
};
export const CLIENT_STREAM: Kind = {
  name: "client stream",
  method: sayHelloToAll,
  sendsMany: true,
  getsMany: false,
};
export const BIDI_STREAM: Kind = {
  name: "bidirectional stream",
  method: chat,
  sendsMany: true,
  getsMany: true,
};

/** All four. */
export const KINDS: readonly Kind[] = [UNARY, SERVER_STREAM, CLIENT_STREAM, BIDI_STREAM];

/** What the handler of any kind of method has. */
export interface Handled {
  /** What the requests name, one by one. */
  readonly names: AsyncIterable<string>;
  readonly context: ServiceContext;
  /** Tells the test what was seen. */
  note(text: string): void;
}

/** A handler of any kind of method: where there is one reply, it is all that is yielded, with a `+`. */
export type Handle = (call: Handled) => AsyncIterable<string>;

/** Fields and bytes that no client of gRPC's would send, or show the answer to. */
export interface WirePlan {
  /** In place of the requests in their envelopes, if they have any. */
  readonly body?: Uint8Array;
  /** Encoding that the request names. */
  readonly encoding?: string;
  /** Encodings that the answer may have. */
  readonly accept?: string;
  /** Packs the messages, and flags them as compressed. */
  readonly pack?: (bytes: Uint8Array) => Uint8Array;
  /** Unpacks what comes back flagged. */
  readonly unpack?: (bytes: Uint8Array) => Uint8Array;
  /** Flags of the envelopes, in place of 0 or 1. */
  readonly flags?: number;
  /** The timeout as gRPC writes it and as Connect does. */
  readonly timeout?: readonly [grpc: string, connect: string];
  /** Sent after the body, when the handler has noted something. */
  readonly last?: { readonly noted: string; readonly body: Uint8Array };
  /** Splits the body into frames of so many bytes. */
  readonly pieceBytes?: number;
}

/** How a call is made. */
export interface CallPlan {
  readonly kind: Kind;
  /** What the requests name. @default {["a"]} */
  readonly names?: readonly string[];
  /** Metadata; names may come twice. */
  readonly metadata?: readonly (readonly [name: string, value: string])[];
  /** Whether messages are JSON. */
  readonly json?: boolean;
  /** Leaves the request open. */
  readonly keepOpen?: boolean;
  /** Cancels the call when the handler has noted this, and as many replies are here. */
  readonly cancel?: { readonly noted: string; readonly replies?: number };
  /** In place of the kind's path. */
  readonly path?: string;
  /** Takes a client that writes the wire by hand. */
  readonly wire?: WirePlan;
}

/** What came of a call: what its client got. */
export interface Answer {
  /** As Connect writes it, `ok` for none; `canceled` if the client left. */
  readonly code: string;
  readonly message: string;
  /** Names in the details, which are requests of the example service, and what violates schemas. */
  readonly details: readonly string[];
  /** What the replies say. */
  readonly replies: readonly string[];
  /** Fields that begin with `x-`. */
  readonly header: Record<string, string>;
  readonly trailer: Record<string, string>;
  /** Of the answer, and whether each message in an envelope had it. By hand-written wire alone. */
  readonly encoding?: string;
  /** Names and values of all fields, and the bytes. By hand-written wire alone. */
  readonly wire?: unknown;
}

/** What must come of a call; what is left out is nothing, and a code is `ok`. */
export interface Expected {
  readonly code?: string;
  /** A pattern where part of it is up to the platform. */
  readonly message?: string | RegExp;
  readonly details?: readonly string[];
  /** `"any"` where that is up to the clock. */
  readonly replies?: readonly string[] | "any";
  readonly header?: Readonly<Record<string, string>>;
  readonly trailer?: Readonly<Record<string, string>>;
  /** What the handler and the interceptors noted. */
  readonly notes?: readonly string[];
  /** What the log has beside the access line: level and error. */
  readonly logged?: readonly string[];
  readonly encoding?: string;
}

/** Where a protocol asks for something else. */
export interface Difference {
  /** For whoever reads the table. */
  readonly why: string;
  /** In place of what is expected; left out if the call cannot be made. */
  readonly expect?: Expected;
}

/** A row of the matrix. */
export interface Scenario {
  /** The rest of a sentence that begins with "both lanes". */
  readonly what: string;
  readonly app?: AppOptions;
  readonly service?: ServiceOptions<typeof Greeter>;
  /** Of the service in code. */
  readonly schemas?: GreeterSchemas;
  /** Outermost first. */
  readonly interceptors?: (note: Handled["note"]) => readonly Interceptor[];
  /** Greets each name, if left out. */
  readonly handle?: Handle;
  /** In place of {@linkcode Scenario.handle}, for the types of handler that it cannot have. */
  readonly handlers?: Partial<ServiceImplementation<typeof Greeter>>;
  readonly call: CallPlan;
  readonly expect?: Expected;
  /** Where protocols, by their own rules, differ. */
  readonly differs?: Partial<Record<Protocol, Difference>>;
}

/** A handler that is not to be reached, or is to be but once. */
export const called: Handle = async function* ({ note }) {
  note("called");
  yield "reply";
};

/** What a client gets that a handler of this kind yields. */
export function repliesOf({ getsMany }: Kind, ...texts: string[]): string[] {
  return getsMany ? texts : [texts.join("+")];
}

/** A row for each kind of method. */
export function forKinds(
  row: (kind: Kind) => Scenario,
  kinds: readonly Kind[] = KINDS,
): Scenario[] {
  return kinds.map((kind) => {
    const scenario = row(kind);
    return { ...scenario, what: `${scenario.what} (${kind.name})` };
  });
}
