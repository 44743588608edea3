/**
 * Zod's schemas by their public definitions, without Zod: what is around a type, such as `optional()`,
 * is taken off and noted, and what `.meta()` says is collected.
 *
 * @module
 */

import type { $ZodLazy, $ZodType, $ZodTypes, GlobalMeta } from "../deps.ts";
import { cannotExpress, type Place } from "./setup_error.ts";

/** Which side of pipes and codecs is on the wire: what requests are parsed from, or replies become. */
export type Side = "input" | "output";

/** A type with what was around it. */
export interface Definition {
  /** The type itself. */
  readonly schema: $ZodType;
  /** Its definition; `json` is `z.json()`, `opaque` is what a function makes. */
  readonly def: $ZodTypes["_zod"]["def"] | { readonly type: "json" | "opaque" };
  /** Whether it has a value for nothing at all. */
  readonly acceptsUndefined: boolean;
  readonly acceptsNull: boolean;
  /** Whether nothing at all is something else than the zero value. */
  readonly hasPresence: boolean;
  /** Whether that is said to be so, not only made good by a default. */
  readonly isOptional: boolean;
  /**
   * Whether its elements by themselves tell little of the whole: a function may come before them, `.catch()`
   * make good what is wrong, or another schema have its say after them.
   */
  readonly isUntried: boolean;
  /** Of `.meta({ proto })`. */
  readonly tag: unknown;
  /** What is said of the place, not of the type. */
  readonly comment: string | undefined;
}

const MAX_LAYERS = 100;

/** Takes off what is around a type. */
export function unwrap(start: $ZodType, side: Side, place: Place): Definition {
  const found = {
    acceptsUndefined: false,
    acceptsNull: false,
    hasPresence: false,
    isOptional: false,
    isUntried: false,
    tag: undefined as unknown,
    comment: undefined as string | undefined,
  };
  let schema = start;
  for (let layer = 0; layer < MAX_LAYERS; layer++) {
    if (!isZodType(schema)) throw notASchema(place, schema);
    const def = defOf(schema);
    found.tag ??= metaOf(schema)?.proto;
    found.comment ??= isNamed(schema) ? undefined : ownDescription(schema);
    switch (def.type) {
      case "optional":
        Object.assign(found, { acceptsUndefined: true, hasPresence: true, isOptional: true });
        schema = def.innerType;
        continue;
      case "nullable":
        Object.assign(found, { acceptsNull: true, hasPresence: true, isOptional: true });
        schema = def.innerType;
        continue;
      case "default":
      case "prefault":
      case "catch":
        Object.assign(found, { acceptsUndefined: true, hasPresence: true });
        if (def.type === "catch") found.isUntried = true;
        schema = def.innerType;
        continue;
      case "nonoptional": {
        const inner = unwrap(def.innerType, side, place);
        const acceptsNull = found.acceptsNull || inner.acceptsNull;
        return {
          ...inner,
          acceptsUndefined: found.acceptsUndefined,
          acceptsNull,
          hasPresence: found.hasPresence || inner.acceptsNull,
          isOptional: found.isOptional || inner.acceptsNull,
          isUntried: found.isUntried || inner.isUntried,
          tag: found.tag ?? inner.tag,
          comment: found.comment ?? inner.comment,
        };
      }
      case "readonly":
        schema = def.innerType;
        continue;
      case "lazy":
        if (isJson(schema)) return { ...found, schema, def: { type: "json" } };
        schema = innerOfLazy(schema);
        continue;
      case "pipe": {
        const [near, far] = side === "input" ? [def.in, def.out] : [def.out, def.in];
        // What z.preprocess() is given may be anything: its schema says what is meant.
        const isPreprocessed = side === "input" && defOf(near).type === "transform";
        if (isPreprocessed || defOf(far).type !== "transform") found.isUntried = true;
        schema = isPreprocessed ? far : near;
        continue;
      }
      case "transform":
        return { ...found, schema, def: { type: "opaque" } };
      case "success":
        if (side === "output") return { ...found, schema, def };
        schema = def.innerType;
        continue;
      case "union": {
        const types = def.options.map((option) => defOf(option).type);
        const isNothing = (type: string) => type === "null" || type === "undefined";
        if (!types.some(isNothing)) return { ...found, schema, def };
        if (types.includes("null")) found.acceptsNull = true;
        if (types.includes("undefined")) found.acceptsUndefined = true;
        found.hasPresence = found.isOptional = true;
        const rest = def.options.filter((_, i) => !isNothing(types[i]!));
        if (rest.length !== 1) return { ...found, schema, def: { ...def, options: rest } };
        schema = rest[0]!;
        continue;
      }
      default:
        return { ...found, schema, def };
    }
  }
  throw cannotExpress(place, "it never comes to a type", "have z.lazy() return another schema");
}

/** Of any schema, one of those that Zod's core has. */
export function defOf(schema: $ZodType): $ZodTypes["_zod"]["def"] {
  return (schema as $ZodTypes)._zod.def;
}

/** Whether a value is a schema of Zod 4. */
export function isZodType(value: unknown): value is $ZodType {
  const internals = (value as Partial<$ZodType> | undefined)?._zod;
  return typeof internals?.def?.type === "string";
}

/** Says what stands where a schema is wanted, and the remedy. */
export function notASchema(place: Place, value: unknown): TypeError {
  if (typeof value !== "object" || value === null) {
    return cannotExpress(place, "it is no schema", "use one of Zod 4, or of a generated message");
  }
  if ("_def" in value) {
    return cannotExpress(
      place,
      "it is a schema of Zod 3",
      'make it by Zod 4, of "zod" or "zod/v4"',
    );
  }
  return cannotExpress(place, "it is an object that is no schema", "put its fields in z.object()");
}

/**
 * The schema that another was made from by `.meta()`, `.describe()`, `.refine()` and the like: the same
 * type, with other words or checks. An id is not handed down by Zod, and is here.
 */
export function rootOf(schema: $ZodType): $ZodType {
  let root = schema;
  while (!isNamed(root)) {
    const parent = root._zod.parent;
    if (parent === undefined || !isSameType(root, parent)) break;
    root = parent;
  }
  return root;
}

/** `id` of `.meta()`. */
export function idOf(schema: $ZodType): string | undefined {
  return metaOf(rootOf(schema))?.id;
}

/** What `.describe()` or `.meta()` says. */
export function descriptionOf(schema: $ZodType): string | undefined {
  return metaOf(schema)?.description;
}

function isNamed(schema: $ZodType): boolean {
  return metaOf(schema)?.id !== undefined;
}

/** Without what was said of the schema that it was made from, where that has a name. */
function ownDescription(schema: $ZodType): string | undefined {
  const description = descriptionOf(schema);
  const root = rootOf(schema);
  return isNamed(root) && descriptionOf(root) === description ? undefined : description;
}

function metaOf(schema: $ZodType): GlobalMeta | undefined {
  const { meta } = schema as { meta?: () => GlobalMeta | undefined };
  if (typeof meta === "function") return meta.call(schema);
  // Schemas of zod/mini have no such method. All of Zod shares one registry.
  const { __zod_globalRegistry: registry } = globalThis as {
    __zod_globalRegistry?: { get(schema: $ZodType): GlobalMeta | undefined };
  };
  return registry?.get(schema);
}

function isSameType(schema: $ZodType, parent: $ZodType): boolean {
  const [own, others] = [defOf(schema), defOf(parent)];
  if (own.type !== "object" || others.type !== "object") return own.type === others.type;
  return Object.keys(own.shape).join() === Object.keys(others.shape).join();
}

function innerOfLazy(schema: $ZodType): $ZodType {
  return (schema as $ZodLazy)._zod.innerType;
}

/** `z.json()` is a union in which lists and records hold the union itself. */
function isJson(schema: $ZodType): boolean {
  const def = defOf(innerOfLazy(schema));
  if (def.type !== "union") return false;
  return def.options.some((option) => {
    const each = defOf(option);
    return each.type === "array" && each.element === schema;
  }) && def.options.some((option) => {
    const each = defOf(option);
    return each.type === "record" && each.valueType === schema;
  }) && def.options.length === 6;
}
