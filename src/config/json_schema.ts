/**
 * The configuration of an app as JSON Schema, by which editors complete and check `fastgrpc.yaml`.
 *
 * @module
 */

import { CONFIG_GROUPS, CONFIG_KEYS, type ConfigKey } from "./keys.ts";
import type { KnownEntries } from "./setting.ts";

type Schema = Readonly<Record<string, unknown>>;

/** The schema for an app that has these services and methods. */
export function configSchema(known: KnownEntries): Schema {
  const properties: Record<string, Schema> = {};
  for (const key of CONFIG_KEYS) {
    const [first, second] = key.path.split(".");
    if (second === undefined) {
      properties[first!] = schemaOf(key, known);
      continue;
    }
    properties[first!] ??= {
      description: CONFIG_GROUPS[first!],
      type: ["object", "null"],
      properties: {},
      additionalProperties: false,
    };
    (properties[first!]!["properties"] as Record<string, Schema>)[second] = schemaOf(key, known);
  }
  return {
    // What the language servers of YAML know best.
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "FastGRPC: what an operator sets",
    type: ["object", "null"],
    properties,
    additionalProperties: false,
  };
}

function schemaOf({ summary, type, fallback, entries }: ConfigKey, known: KnownEntries): Schema {
  const description = "text" in fallback ? `${summary} (default: ${fallback.text})` : summary;
  if (entries !== undefined) {
    return {
      description,
      type: ["object", "null"],
      properties: Object.fromEntries(known[entries].map((name) => [name, type.schema])),
      additionalProperties: false,
    };
  }
  // JSON has no Infinity.
  const hasDefault = "value" in fallback && fallback.value !== Infinity;
  return { description, ...type.schema, ...(hasDefault && { default: fallback.value }) };
}
