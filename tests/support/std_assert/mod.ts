// @std/assert, the same code from the npm registry, for machines that do not reach JSR. To take it from
// there, map "@std/assert" in deno.json to "jsr:@std/assert@^1.0.19" instead of to this file.
// @ts-types="./mod.d.ts"
export * from "npm:deno-std@1.4.0/assert/mod.js";
