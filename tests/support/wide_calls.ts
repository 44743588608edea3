/**
 * Calls of the service of `wide_service.ts`, of each kind of method, with their replies: for tools that
 * are given a name and JSON.
 *
 * @module
 */

import type { JsonValue } from "@bufbuild/protobuf";
import { WIDE_JSON } from "./wide_values.ts";

/** A call as a tool makes it. */
export interface WideCall {
  /** What a test calls it. */
  readonly kind: string;
  /** Name of the method. */
  readonly method: string;
  readonly requests: readonly JsonValue[];
  readonly replies: readonly JsonValue[];
}

const RED = "COLOR_RED";

/** At least one for each kind of method. */
export const WIDE_CALLS: readonly WideCall[] = [
  { kind: "a unary method", method: "Echo", requests: [WIDE_JSON], replies: [WIDE_JSON] },
  {
    kind: "a server-streaming method",
    method: "Count",
    requests: [{ to: 2, color: RED }],
    replies: [{ number: 1, color: RED }, { number: 2, color: RED }],
  },
  {
    kind: "a client-streaming method",
    method: "Sum",
    requests: [{ value: "9007199254740993" }, { value: "-1" }],
    replies: ["9007199254740992"],
  },
  {
    kind: "a bidi-streaming method",
    method: "Turn",
    requests: [{ label: "a" }, { label: "b", children: [{ label: "x" }] }],
    replies: [{ label: "A" }, { label: "B", children: [{ label: "x" }] }],
  },
];

/** A request that is not valid, and what its violation says. */
export const INVALID_CALL: Pick<WideCall, "method" | "requests"> & {
  readonly violation: Readonly<Record<string, string>>;
} = {
  method: "Count",
  requests: [{ to: 101, color: RED }],
  violation: {
    field: "to",
    description: "Too big: expected number to be <=100",
    reason: "TOO_BIG",
  },
};

/** Reads the replies that a tool printed one after the other, each at the beginning of a line. */
export function readWideReplies(output: string): JsonValue[] {
  const texts = output.split(/^(?=[{"])/m).filter((text) => text.trim() !== "");
  return texts.map((text) => JSON.parse(text));
}
