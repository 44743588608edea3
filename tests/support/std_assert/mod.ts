// The code of @std/assert from the npm registry, for machines that do not reach JSR.
// Delete the "links" line of deno.json to use the package itself.
// @ts-types="./mod.d.ts"
export * from "npm:deno-std@1.4.0/assert/mod.js";
