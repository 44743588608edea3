/**
 * Zod itself, for the entry `zod` alone. Elsewhere its types do, and the app's own schemas.
 *
 * @module
 */

export { custom, type ZodCustom } from "npm:zod@^4.6.0";
