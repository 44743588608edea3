/**
 * The error of what an operator gave, in a file of its own: what must start at once loads it, and none
 * of the third-party code that `errors.ts` needs.
 *
 * @module
 */

/** Thrown when what an operator gave, such as a certificate file, cannot be used. */
export class ConfigError extends Error {
  /** Always `"ConfigError"`. */
  override readonly name = "ConfigError";
}
