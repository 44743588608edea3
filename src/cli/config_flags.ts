/**
 * The flags that set what a configuration file sets, and those that say where it is.
 *
 * @module
 */

import { CONFIG_FILE, CONFIG_KEYS, CONFIG_VARIABLE, type ConfigKey } from "../config/keys.ts";
import { formatValue } from "../config/effective_yaml.ts";
import type { Setting } from "../config/setting.ts";
import { readTextSettings } from "../config/text_settings.ts";
import type { Flag, Flags } from "./command.ts";

/** A flag for each key, and which app and which file. */
export const CONFIG_FLAGS: Flags = {
  app: { type: "string", value: "<name>", summary: "the export that is the app" },
  config: {
    type: "string",
    value: "<path>",
    summary: `the configuration (${CONFIG_VARIABLE}, or ${CONFIG_FILE} if there is one)`,
    completes: "file",
  },
  ...Object.fromEntries(CONFIG_KEYS.map((key) => [key.flag, flagOf(key)])),
};

/** What was given for the flags of keys. */
export function readFlags(values: Readonly<Record<string, unknown>>): Setting[] {
  return CONFIG_KEYS.flatMap((key) => {
    const given = values[key.flag];
    if (given === undefined) return [];
    const texts = Array.isArray(given) ? given : [given];
    return texts.flatMap((text) => readTextSettings(key, String(text), `--${key.flag}`));
  });
}

function flagOf({ type, summary, fallback, entries }: ConfigKey): Flag {
  const otherwise = "text" in fallback ? fallback.text : formatValue(fallback.value);
  const what = `${summary} (${otherwise})`;
  if (type.isSwitch) return { type: "boolean", summary: what };
  return {
    type: "string",
    value: entries === undefined ? type.placeholder : `<${entries}>=${type.placeholder}`,
    summary: what,
    ...(entries !== undefined && { multiple: true }),
    ...(type.choices !== undefined && { choices: type.choices }),
    ...(type.isFile && { completes: "file" }),
  };
}
