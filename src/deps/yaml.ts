/**
 * The YAML parser, loaded where there is a configuration file.
 *
 * @module
 */

export { parse } from "npm:deno-std@^1.4.0/yaml/mod.js";
