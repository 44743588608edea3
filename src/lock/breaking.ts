/**
 * What breaks clients: two generations of a field or a method compared, by protobuf's rules for the
 * wire and for JSON, and just as strict as `buf breaking` with the rules of {@linkcode BREAKING_RULES}.
 *
 * @module
 */

import type { FieldType, ScalarName } from "../schema/model.ts";
import { describeShape, type FieldShape, type MethodShape } from "./shape.ts";

/**
 * The rules of `buf breaking` that say the same. `WIRE_JSON`, for servers speak both; its rules let
 * methods disappear, which clients notice first of all, hence the other two. The wider categories
 * would forbid what the lock makes safe: removing a field whose number and name stay reserved.
 */
export const BREAKING_RULES: readonly string[] = [
  "WIRE_JSON",
  "RPC_NO_DELETE",
  "PACKAGE_SERVICE_NO_DELETE",
];

/** What is wrong. */
export type ProblemKind =
  | "package"
  | "type"
  | "label"
  | "json_name"
  | "oneof"
  | "reserved_name"
  | "zero_value"
  | "other_kind"
  | "service_removed"
  | "method_removed"
  | "method_changed";

/** A change that would break clients, or make old data mean something else. */
export interface Problem {
  readonly kind: ProblemKind;
  /** What it is about, such as `demo.v1.HelloRequest.times`. */
  readonly path: string;
  /** What has changed, such as `was int32, is string`. */
  readonly what: string;
  /** How to get there without breaking anybody. */
  readonly remedy: string;
  /** All of it, in two lines, as it is printed. */
  readonly text: string;
}

/** Scalars that share their bytes and their JSON. All others are alone. */
const INTERCHANGEABLE: readonly (readonly ScalarName[])[] = [
  ["int32", "uint32"],
  ["int64", "uint64"],
  ["fixed32", "sfixed32"],
  ["fixed64", "sfixed64"],
];

const LATER = "remove the old one when no client uses it any more";

/** Makes a {@linkcode Problem}. */
export function problem(kind: ProblemKind, path: string, what: string, remedy: string): Problem {
  return { kind, path, what, remedy, text: `${path} ${what}\n  remedy: ${remedy}` };
}

/** The file has become another package's, and with it every name another. */
export function otherPackage(before: string, after: string): Problem {
  const remedy =
    `keep "${before}", or give "${after}" a lock of its own and serve both for a while`;
  return problem("package", after, `has the lock of package "${before}"`, remedy);
}

/** A name that was a message's has become an enum's, or the other way round. */
export function otherKind(path: string, after: "message" | "enum"): Problem {
  const what = after === "enum" ? "was a message, is an enum" : "was an enum, is a message";
  return problem("other_kind", path, what, "give it a new name");
}

/** A service or a method that is gone. */
export function removal(noun: "service" | "method", path: string): Problem {
  const remedy = "keep it until no client calls it, then delete it in the lock";
  return problem(`${noun}_removed`, path, `was removed, a ${noun} that clients call`, remedy);
}

/** What breaks when a field of one shape becomes one of another, under the same name and number. */
export function compareFields(path: string, before: FieldShape, after: FieldShape): Problem[] {
  const found: Problem[] = [];
  const name = path.slice(path.lastIndexOf(".") + 1);
  const change = `was ${describeShape(before)}, is ${describeShape(after)}`;
  if (labelGroup(before) !== labelGroup(after)) {
    found.push(problem("label", path, change, addInstead(name, after)));
  } else if (!areTypesCompatible(before, after)) {
    found.push(problem("type", path, change, typeRemedy(name, before, after)));
  }
  if (before.jsonName !== after.jsonName) {
    const change = `was "${before.jsonName}" in JSON, is "${after.jsonName}"`;
    const remedy = `keep "${before.jsonName}", or add "${after.jsonName}" beside it and ${LATER}`;
    found.push(problem("json_name", path, change, remedy));
  }
  if (before.oneof !== after.oneof) {
    const change = `was ${describeOneof(before.oneof)}, is ${describeOneof(after.oneof)}`;
    const remedy = `leave it ${describeOneof(before.oneof)}, add a field with a new name ` +
      `${describeOneof(after.oneof)}, and ${LATER}`;
    found.push(problem("oneof", path, change, remedy));
  }
  return found;
}

/** What breaks when a method of one shape becomes one of another. */
export function compareMethods(path: string, before: MethodShape, after: MethodShape): Problem[] {
  const changed = (["kind", "request", "response", "idempotency"] as const)
    .filter((key) => before[key] !== after[key]);
  return changed.map((key) => {
    const what = `had ${NOUNS[key]} ${before[key] ?? "UNKNOWN"}, has ${after[key] ?? "UNKNOWN"}`;
    const isMessage = key === "request" || key === "response";
    const fields = isMessage ? `add fields to ${before[key]}, or ` : "";
    const remedy = `${fields}add a method with a new name, and ${LATER}`;
    return problem("method_changed", path, what, remedy);
  });
}

const NOUNS = {
  kind: "the kind",
  request: "the request",
  response: "the response",
  idempotency: "the idempotency",
} as const;

/** What a compatible change of types still alters for values that are out there. */
export function caveatOf(before: FieldShape, after: FieldShape): string | undefined {
  if (describeShape(before) === describeShape(after)) return undefined;
  const signs = [before, after].map((shape) => [shape.type, shape.keyType].map(isSigned).join());
  return signs[0] === signs[1]
    ? undefined
    : "negative numbers and large ones turn into each other, and JSON refuses them";
}

function describeOneof(oneof: string | undefined): string {
  return oneof === undefined ? "outside of any oneof" : `in oneof "${oneof}"`;
}

/** Having presence or not is the same to the wire and to JSON. */
function labelGroup({ label }: FieldShape): string {
  return label === "optional" ? "singular" : label;
}

function areTypesCompatible(before: FieldShape, after: FieldShape): boolean {
  const { type: from, keyType: fromKey } = before;
  const { type: to, keyType: toKey } = after;
  if (fromKey !== undefined && toKey !== undefined && !interchangeable(fromKey).includes(toKey)) {
    return false;
  }
  if (from.kind === "scalar") {
    return to.kind === "scalar" && interchangeable(from.scalar).includes(to.scalar);
  }
  return to.kind === from.kind && to.name === from.name;
}

function interchangeable(scalar: ScalarName): readonly ScalarName[] {
  return INTERCHANGEABLE.find((group) => group.includes(scalar)) ?? [scalar];
}

function isSigned(type: FieldType | ScalarName | undefined): boolean {
  const scalar = typeof type === "object" && type.kind === "scalar" ? type.scalar : type;
  return typeof scalar === "string" && /^(int|sfixed)/.test(scalar);
}

function typeRemedy(name: string, before: FieldShape, after: FieldShape): string {
  const { type } = before;
  const others = type.kind === "scalar" && before.keyType === undefined
    ? interchangeable(type.scalar).filter((each) => each !== type.scalar)
    : [];
  const may = others.length === 0 ? "" : `make it ${others.join(" or ")}, or `;
  return `${may}${addInstead(name, after)}`;
}

function addInstead(name: string, after: FieldShape): string {
  return `keep "${name}" as it was, add ${describeShape(after)} under a new name, and ${LATER}`;
}
