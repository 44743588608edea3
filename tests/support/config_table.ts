/**
 * The table of `docs/configuration.md`, as it follows from the keys.
 *
 * @module
 */

import { formatValue } from "../../src/config/effective_yaml.ts";
import { CONFIG_KEYS } from "../../src/config/keys.ts";
import { toMarkdown } from "./report.ts";

/** The table in Markdown. */
export function configTable(): string {
  return toMarkdown({
    head: ["key", "flag", "default", "what it is"],
    rows: CONFIG_KEYS.map(({ path, flag, fallback, summary }) => [
      `\`${path}\``,
      `\`--${flag}\``,
      "text" in fallback ? fallback.text : `\`${formatValue(fallback.value)}\``,
      summary,
    ]),
  });
}

if (import.meta.main) console.log(configTable());
