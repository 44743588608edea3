/**
 * The kinds of values in a configuration: what they are in YAML, how a flag or a variable of the
 * environment writes them, and how JSON Schema describes them.
 *
 * @module
 */

import { DURATION_TEXT, DURATION_WANTED, resolveDuration } from "../duration.ts";
import type { IntegerRange } from "../errors.ts";

/** A kind of value. */
export interface ValueType {
  /** What is wanted, for errors. */
  readonly wanted: string;
  /** What stands for a value in the help. */
  readonly placeholder: string;
  /** In JSON Schema. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Whether it is on or off. */
  readonly isSwitch?: boolean;
  /** The only values that there are. */
  readonly choices?: readonly string[];
  /** Whether it names a file. */
  readonly isFile?: boolean;
  /** Whether a value of YAML is one. */
  accepts(value: unknown): boolean;
  /** The value that a text stands for; one that is not accepted if it stands for none. */
  fromText(text: string): unknown;
}

const TEXT = {
  wanted: "a text",
  schema: { type: "string", minLength: 1 },
  accepts: (value: unknown) => typeof value === "string" && value !== "",
  fromText: (text: string) => text,
};

/** The address of an interface. */
export const ADDRESS: ValueType = { ...TEXT, placeholder: "<address>" };

/** Where a file is. */
export const FILE: ValueType = {
  ...TEXT,
  wanted: "the path of a file",
  placeholder: "<path>",
  isFile: true,
};

/** On or off. */
export const SWITCH: ValueType = {
  wanted: "true or false",
  placeholder: "<true|false>",
  schema: { type: "boolean" },
  isSwitch: true,
  accepts: (value) => typeof value === "boolean",
  fromText: (text) => text === "true" ? true : text === "false" ? false : text,
};

/** A {@linkcode Duration}, a number being one of seconds. */
export const DURATION: ValueType = {
  wanted: DURATION_WANTED,
  placeholder: "<duration>",
  schema: {
    anyOf: [
      { type: "number", exclusiveMinimum: 0 },
      {
        type: "string",
        // Greater than 0, and with blanks around it.
        pattern: `^(?=.*[1-9])\\s*${DURATION_TEXT.source.slice(1, -1)}\\s*$`,
      },
    ],
  },
  accepts: isDuration,
  fromText: (text) =>
    /^(infinity|\.inf)$/i.test(text) ? Infinity : /^\d+(\.\d+)?$/.test(text) ? Number(text) : text,
};

/** A whole number within bounds. */
export function integer({ min, max }: IntegerRange): ValueType {
  return {
    wanted: `a whole number from ${min} to ${max}`,
    placeholder: "<n>",
    schema: { type: "integer", minimum: min, maximum: max },
    accepts: (value) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
    fromText: (text) => /^\d+$/.test(text) ? Number(text) : text,
  };
}

/** One of a few words. */
export function choice(choices: readonly string[]): ValueType {
  return {
    wanted: `one of ${choices.join(", ")}`,
    placeholder: "<word>",
    schema: { enum: choices },
    choices,
    accepts: (value) => choices.includes(value as string),
    fromText: (text) => text,
  };
}

/** A kind of value, or a word in place of it. */
export function wordOr(word: string, type: ValueType): ValueType {
  return {
    wanted: `${type.wanted}, or ${word}`,
    placeholder: `<${type.placeholder.slice(1, -1)}|${word}>`,
    schema: { anyOf: [type.schema, { const: word }] },
    accepts: (value) => value === word || type.accepts(value),
    fromText: (text) => text === word ? text : type.fromText(text),
  };
}

function isDuration(value: unknown): boolean {
  if (typeof value !== "number" && typeof value !== "string") return false;
  try {
    resolveDuration("value", value);
    return true;
  } catch {
    return false;
  }
}
