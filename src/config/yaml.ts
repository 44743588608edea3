/**
 * The parser for YAML, which is that of `@std/yaml`. It is loaded where there is a file to read.
 *
 * In deno.json `@std/yaml` is its build for npm, which is the same code: who imports the kit by URL
 * reaches the registry of npm anyway, and perhaps not JSR; and a package of another name, put in its
 * place by `links`, cannot be published. Where JSR is reached, `"jsr:@std/yaml@^1.2.0"` does as well.
 *
 * @module
 */

import { parse } from "../deps/yaml.ts";

/** Parses a text of one document. */
export type YamlParser = (text: string) => unknown;

// The build for npm has no types of its own.
const untyped: (text: string, options: { schema: "core" }) => unknown = parse;

/**
 * Parses YAML that is plain data: without the tags, dates and merge keys that `@std/yaml` has besides.
 *
 * @throws {Error} That tells what is wrong, and in which line and column.
 */
export const parseYaml: YamlParser = (text) => untyped(text, { schema: "core" });
