/**
 * Requests out of JSON. What does not fit is told with the path of its field, which protobuf-es does not
 * know.
 *
 * @module
 */

import { ConfigError } from "../config_error.ts";
import {
  type DescField,
  type DescMessage,
  fromJson,
  type JsonValue,
  type Message,
  type Registry,
} from "../deps.ts";
import { suggest } from "../suggest.ts";
import { shorten } from "./json_values.ts";

type JsonObject = { [key: string]: JsonValue };

/**
 * Parses JSON. Whole numbers that a `number` does not hold become strings, as protobuf has them.
 *
 * @throws {ConfigError} If it is none.
 */
export function parseJson(text: string): JsonValue {
  try {
    return JSON.parse(text, (_, value, context?: { source?: string }) => {
      const { source = "" } = context ?? {};
      const isTooLarge = typeof value === "number" && !Number.isSafeInteger(value);
      return isTooLarge && /^-?\d+$/.test(source) ? source : value;
    });
  } catch (cause) {
    const why = (cause as Error).message;
    throw new ConfigError(`Cannot read JSON ${shorten(text.trim())}: ${why}`, { cause });
  }
}

/** The names of types and extensions that some JSON speaks of. */
export function namedTypes(json: JsonValue): string[] {
  if (Array.isArray(json)) return json.flatMap(namedTypes);
  if (!isObject(json)) return [];
  return Object.entries(json).flatMap(([key, value]) => {
    const inner = namedTypes(value);
    if (key === "@type" && typeof value === "string") return [typeNameOf(value), ...inner];
    const [, extension] = /^\[(.+)\]$/.exec(key) ?? [];
    return extension === undefined ? inner : [extension, ...inner];
  });
}

/** The name of a type in the URL of a `google.protobuf.Any`. */
export function typeNameOf(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
}

/**
 * Makes a message.
 *
 * @throws {ConfigError} That names the field that does not fit.
 */
export function toRequest(desc: DescMessage, json: JsonValue, registry: Registry): Message {
  try {
    return fromJson(desc, json, { registry });
  } catch (cause) {
    const { path, why } = locate(desc, json, registry) ?? { path: "", why: reasonOf(cause) };
    const where = path === "" ? "" : ` ${path}:`;
    throw new ConfigError(`Cannot use the request as ${desc.typeName}:${where} ${why}`, { cause });
  }
}

interface Misfit {
  readonly path: string;
  readonly why: string;
}

/** The innermost place that does not fit by itself; `undefined` if each does. */
function locate(desc: DescMessage, json: JsonValue, registry: Registry): Misfit | undefined {
  // Those have JSON of their own.
  if (desc.typeName.startsWith("google.protobuf.") || !isObject(json)) return undefined;
  for (const [key, value] of Object.entries(json)) {
    const field = desc.fields.find(({ name, jsonName }) => key === jsonName || key === name);
    if (field === undefined && !key.startsWith("[")) {
      const known = desc.fields.map(({ jsonName }) => jsonName);
      return { path: key, why: `there is no such field, ${suggest(key, known)}` };
    }
    const problem = problemOf(desc, { [key]: value }, registry);
    if (problem === undefined) continue;
    const inner = field && locateInField(desc, field, { key, value }, registry);
    return inner === undefined
      ? { path: key, why: problem }
      : { path: key + inner.path, why: inner.why };
  }
  return undefined;
}

/** As {@linkcode locate}, within the value of a field; the path is what comes behind its name. */
function locateInField(
  desc: DescMessage,
  { fieldKind, message }: DescField,
  { key, value }: { readonly key: string; readonly value: JsonValue },
  registry: Registry,
): Misfit | undefined {
  const inMessage = (json: JsonValue, at: string): Misfit | undefined => {
    const inner = message && locate(message, json, registry);
    return inner && { path: `${at}.${inner.path}`, why: inner.why };
  };
  if (fieldKind === "message") return inMessage(value, "");
  const parts: [at: string, part: JsonValue, alone: JsonValue][] = [];
  if (fieldKind === "list" && Array.isArray(value)) {
    parts.push(...value.map((each, i) => [`[${i}]`, each, [each]] as typeof parts[number]));
  } else if (fieldKind === "map" && isObject(value)) {
    for (const [name, each] of Object.entries(value)) {
      parts.push([`[${JSON.stringify(name)}]`, each, { [name]: each }]);
    }
  }
  for (const [at, part, alone] of parts) {
    const why = problemOf(desc, { [key]: alone }, registry);
    if (why !== undefined) return inMessage(part, at) ?? { path: at, why };
  }
  return undefined;
}

function problemOf(desc: DescMessage, json: JsonObject, registry: Registry): string | undefined {
  try {
    fromJson(desc, json, { registry });
  } catch (error) {
    return reasonOf(error);
  }
  return undefined;
}

/** Without the part that says where, which is known better here. */
function reasonOf(error: unknown): string {
  return (error as Error).message.replace(/^cannot decode .*? from JSON: /, "");
}

function isObject(json: JsonValue): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
