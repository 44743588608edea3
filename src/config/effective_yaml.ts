/**
 * A configuration as YAML, with where each value comes from. What is printed is itself a file that can
 * be read.
 *
 * @module
 */

import { CONFIG_KEYS, type ConfigKey } from "./keys.ts";
import type { Setting } from "./setting.ts";

/** What is a text to YAML without quotes, too: names, paths and durations. */
const PLAIN = /^(?:[A-Za-z/][\w./-]*|\d+(?:\.\d+)?(?:ms|s|m|h|d))$/;
const WORD_OF_YAML = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

/**
 * Prints a configuration.
 *
 * @param settings Those that hold, of all sources. Of other keys the default is printed.
 */
export function formatEffective(settings: readonly Setting[]): string {
  const lines: string[] = [];
  let group = "";
  for (const key of CONFIG_KEYS) {
    const [first, second] = key.path.split(".");
    const keyGroup = second === undefined ? "" : first!;
    if (keyGroup !== "" && keyGroup !== group) lines.push(`${keyGroup}:`);
    group = keyGroup;
    const indent = keyGroup === "" ? "" : "  ";
    const own = settings.filter((setting) => setting.key === key);
    lines.push(...linesOf(key, second ?? first!, own).map((line) => indent + line));
  }
  return lines.join("\n");
}

function linesOf(key: ConfigKey, name: string, settings: readonly Setting[]): string[] {
  const [only] = settings;
  if (only === undefined) {
    return "text" in key.fallback
      ? [`# ${name}: # default: ${key.fallback.text}`]
      : [`${name}: ${formatValue(key.fallback.value)} # default`];
  }
  if (key.entries === undefined) {
    return [`${name}: ${formatValue(only.value)} # ${formatSource(only)}`];
  }
  return [
    `${name}:`,
    ...settings.map((setting) => {
      const { entry, value } = setting;
      return `  ${formatValue(entry)}: ${formatValue(value)} # ${formatSource(setting)}`;
    }),
  ];
}

/** A value as YAML of one line. */
export function formatValue(value: unknown): string {
  if (value === Infinity) return ".inf";
  if (typeof value !== "string") return String(value);
  return PLAIN.test(value) && !WORD_OF_YAML.test(value) ? value : JSON.stringify(value);
}

/** A comment ends with its line. */
function formatSource({ source }: Setting): string {
  return source.replace(/[\r\n]/g, " ");
}
