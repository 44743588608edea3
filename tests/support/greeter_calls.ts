/**
 * One call of each kind of method of the example service, with its replies: for tools that are given
 * a name and JSON.
 *
 * @module
 */

/** A call as a tool makes it. */
export interface GreeterCall {
  /** What a test calls it. */
  readonly kind: string;
  /** Name of the method. */
  readonly method: string;
  readonly requests: readonly Record<string, unknown>[];
  readonly replies: readonly string[];
}

/** One for each kind of method. */
export const GREETER_CALLS: readonly GreeterCall[] = [
  {
    kind: "a unary method",
    method: "SayHello",
    requests: [{ name: "Ada Lövelace" }],
    replies: ["Hello Ada Lövelace"],
  },
  {
    kind: "a server-streaming method",
    method: "SayHelloTimes",
    requests: [{ name: "Ada", times: 3, interval_ms: 1 }],
    replies: ["Hello Ada", "Hello Ada", "Hello Ada"],
  },
  {
    kind: "a client-streaming method",
    method: "SayHelloToAll",
    requests: [{ name: "Ada" }, { name: "Bob" }, { name: "Cyd" }],
    replies: ["Hello Ada, Bob, Cyd"],
  },
  {
    kind: "a bidi-streaming method",
    method: "Chat",
    requests: [{ name: "Ada" }, { name: "Bob" }],
    replies: ["Hello Ada", "Hello Bob"],
  },
];

/** Requests as tools read them, one JSON text after the other. */
export function toJsonStream(requests: readonly unknown[]): string {
  return requests.map((request) => JSON.stringify(request)).join("\n");
}

/** Reads the replies that a tool printed, each a JSON object whose `}` begins a line. */
export function readReplies(output: string): string[] {
  const texts = output.split(/^(?=\{)/m).filter((text) => text.trim() !== "");
  return texts.map((text) => JSON.parse(text).message);
}
