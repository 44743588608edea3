/**
 * Whether a schema makes other values of those that it is given. One that does not may be left out
 * where values need no validation.
 *
 * @module
 */

import type { $ZodType } from "../deps.ts";
import { defOf } from "./definition.ts";

const CHANGING = ["pipe", "transform", "default", "prefault", "catch", "success"];

/** Whether anything in a schema transforms, coerces or makes good. */
export function changesValues(schema: $ZodType, seen: Set<$ZodType> = new Set()): boolean {
  if (seen.has(schema)) return false;
  seen.add(schema);
  const def = defOf(schema);
  if (CHANGING.includes(def.type)) return true;
  const { coerce, normalize } = def as { coerce?: boolean; normalize?: boolean };
  if (coerce || normalize) return true;
  const overwrites = def.checks?.some((check) =>
    (check._zod.def as { check: string }).check === "overwrite" ||
    (check._zod.def as { normalize?: boolean }).normalize === true
  );
  return overwrites === true || childrenOf(schema).some((child) => changesValues(child, seen));
}

function childrenOf(schema: $ZodType): readonly $ZodType[] {
  const def = defOf(schema);
  switch (def.type) {
    case "object":
      return Object.values(def.shape);
    case "array":
      return [def.element];
    case "record":
    case "map":
      return [def.keyType, def.valueType];
    case "union":
      return def.options;
    case "optional":
    case "nonoptional":
    case "nullable":
    case "readonly":
      return [def.innerType];
    case "lazy":
      return [def.getter()];
    default:
      return [];
  }
}
