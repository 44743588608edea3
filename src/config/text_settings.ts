/**
 * Settings from texts: of flags, and of variables of the environment.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import { CONFIG_KEYS, type ConfigKey } from "./keys.ts";
import { describeValue, type Setting } from "./setting.ts";

/**
 * Reads a text. That of a key with entries is one of `<name>=<value>`, or several between commas.
 *
 * @param source What it was given by, such as `--port`.
 * @throws {ConfigError} If it is no value for the key.
 */
export function readTextSettings(key: ConfigKey, text: string, source: string): Setting[] {
  if (key.entries === undefined) return [readValue(key, undefined, text, source)];
  return text.split(",").map((part) => {
    const at = part.lastIndexOf("=");
    const entry = part.slice(0, at).trim();
    if (entry === "" || at < 0) {
      throw new ConfigError(
        `${source} is ${JSON.stringify(text)}: <${key.entries}>=${key.type.placeholder} is wanted`,
      );
    }
    return readValue(key, entry, part.slice(at + 1).trim(), source);
  });
}

/**
 * Reads the environment. A variable that is empty counts as one that is not set.
 *
 * @param get `undefined` for variables that are not there, or not to be read.
 * @throws {ConfigError} If one has no value for its key.
 */
export function readEnvironment(get: (variable: string) => string | undefined): Setting[] {
  return CONFIG_KEYS.flatMap((key) => {
    const text = get(key.variable) ?? "";
    if (text === "") return [];
    // Kubernetes sets such for each Service, by its name.
    if (/^tcp:\/\//.test(text)) {
      throw new ConfigError(
        `${key.variable} is "${text}", as Kubernetes sets it for a Service named "fastgrpc": ` +
          `set "enableServiceLinks: false" for the Pod`,
      );
    }
    return readTextSettings(key, text, key.variable);
  });
}

function readValue(
  key: ConfigKey,
  entry: string | undefined,
  text: string,
  source: string,
): Setting {
  const value = key.type.fromText(text);
  if (key.type.accepts(value)) return { key, entry, value, source };
  const name = entry === undefined ? source : `${source} of "${entry}"`;
  throw new ConfigError(`${name} is ${describeValue(text)}: ${key.type.wanted} is wanted`);
}
