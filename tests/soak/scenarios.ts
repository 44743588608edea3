/**
 * What clients of the soak do, each at random: a call of one of the four kinds, and how it may end.
 * Whatever else comes of it fails the soak.
 *
 * @module
 */

import type { DescMethod } from "@bufbuild/protobuf";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import type { CallOptions, Request } from "./channels.ts";
import { sleep, TimedGreeter } from "./soak_service.ts";

/** A call, and what may come of it. */
export interface Scenario {
  /** For the report. */
  readonly title: string;
  readonly call: Omit<CallOptions, "signal">;
  /** The replies that a call must have that ends well. */
  readonly replies: readonly string[];
  /** Codes that it may end with. */
  readonly codes: readonly string[];
  /** After how long it is cancelled. */
  readonly cancelMs?: number;
  /** What the reader waits for after each reply. */
  readonly pause?: () => Promise<void>;
}

const MAX_TIMES = 5;
/** Half of it is of no use to gzip. */
const LARGE = Array.from({ length: 20_000 }, () => random(2 ** 52).toString(36)).join("") +
  "a".repeat(200_000);
const SLOW_REPLIES = 20;
const SLOW_REPLY = 16_384;

/** Codes that handlers fail with: not those that have a meaning of their own here. */
const FAILURES: Readonly<Record<number, string>> = {
  3: "invalid_argument",
  5: "not_found",
  7: "permission_denied",
  8: "resource_exhausted",
  9: "failed_precondition",
  10: "aborted",
  16: "unauthenticated",
};

/** Kinds of method; the last needs HTTP/2. */
export type Kind = DescMethod["methodKind"];

/** Scenarios with their shares of all calls. */
const MIX: readonly (readonly [share: number, make: (kind: Kind) => Scenario])[] = [
  [50, small],
  [5, large],
  [12, cancelled],
  [12, clientDeadline],
  [4, serverTimeout],
  [8, handlerError],
  [3, handlerBug],
  [2, slowReader],
];

/** The next scenario. */
export function chooseScenario(kinds: readonly Kind[]): Scenario {
  const kind = kinds[random(kinds.length)]!;
  let left = random(MIX.reduce((sum, [share]) => sum + share, 0));
  return MIX.find(([share]) => (left -= share) < 0)![1](kind);
}

/** A call that takes a moment and must succeed once it was taken: the load under a shutdown. */
export function drainCall(kind: Kind): Scenario {
  return toScenario("drain", callOf(kind, `drain${random(1000)}`), ["ok"]);
}

/** A whole number from 0, below what is given. */
export function random(below: number): number {
  return Math.floor(Math.random() * below);
}

function small(kind: Kind): Scenario {
  return toScenario("small message", callOf(kind, `name${random(1000)}`), ["ok"]);
}

function large(kind: Kind): Scenario {
  return toScenario("large message", callOf(kind, LARGE, 2), ["ok"]);
}

function cancelled(kind: Kind): Scenario {
  const call = callOf(kind, `sleep:${random(30)}`);
  const scenario = toScenario("cancelled by the client", call, ["ok", "canceled"]);
  return { ...scenario, cancelMs: random(30) };
}

function clientDeadline(kind: Kind): Scenario {
  const call = { ...callOf(kind, `sleep:${random(60)}`), timeoutMs: 1 + random(40) };
  return toScenario("client's deadline", call, ["ok", "deadline_exceeded"]);
}

function serverTimeout(kind: Kind): Scenario {
  const call = callOf(kind, "sleep:60000");
  const method = TimedGreeter.methods.find(({ name }) => name === call.method.name)!;
  return toScenario("server's timeout", { ...call, method }, ["deadline_exceeded"]);
}

function handlerError(kind: Kind): Scenario {
  const codes = Object.keys(FAILURES);
  const code = Number(codes[random(codes.length)]);
  return toScenario("handler's error", callOf(kind, `fail:${code}`), [FAILURES[code]!]);
}

function handlerBug(kind: Kind): Scenario {
  return toScenario("handler's bug", callOf(kind, "throw"), ["internal"]);
}

function slowReader(): Scenario {
  const call = callOf("server_streaming", "a".repeat(SLOW_REPLY), SLOW_REPLIES);
  return { ...toScenario("slow reader", call, ["ok"]), pause: () => sleep(random(5)) };
}

function toScenario(title: string, call: Scenario["call"], codes: readonly string[]): Scenario {
  return { title, call, codes, replies: repliesTo(call) };
}

function callOf(kind: Kind, name: string, times = 1 + random(MAX_TIMES)): Scenario["call"] {
  const method = Greeter.methods.find(({ methodKind }) => methodKind === kind)!;
  const isUpload = kind === "client_streaming" || kind === "bidi_streaming";
  const request: Request = { name, ...(kind === "server_streaming" && { times }) } as Request;
  return { method, requests: isUpload ? Array(times).fill(request) : [request] };
}

function repliesTo({ method, requests }: Scenario["call"]): string[] {
  const names = requests.map(({ name }) => name);
  const { times } = requests[0] as { times?: number };
  if (method.methodKind === "client_streaming") return [`Hello ${names.join(", ")}`];
  return (times === undefined ? names : Array(times).fill(names[0])).map((name) => `Hello ${name}`);
}
