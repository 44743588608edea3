/**
 * The requests of `call`: from its arguments, from files and from the standard input, one after the
 * other, and each as soon as it is there.
 *
 * @module
 */

import { ConfigError } from "../config_error.ts";
import type { DescMethod, Message } from "../deps.ts";
import { namedTypes, parseJson, toRequest } from "./json_request.ts";
import { splitJson } from "./json_values.ts";
import type { ServerTypes } from "./server_types.ts";

const STDIN = "-";

/**
 * Reads requests.
 *
 * @param args JSON, `@<file>` or `-`.
 * @throws {ConfigError} If one cannot be read or does not fit, or there are several for a method that
 *   takes one.
 */
export async function* readRequests(
  { input, methodKind, name }: DescMethod,
  args: readonly string[],
  types: ServerTypes,
): AsyncGenerator<Message, void> {
  const sendsMany = methodKind === "client_streaming" || methodKind === "bidi_streaming";
  const texts = args.length === 0 ? [sendsMany ? STDIN : "{}"] : args;
  if (sendsMany && args.length === 0 && Deno.stdin.isTerminal()) {
    console.error("Type requests as JSON; Ctrl+D ends them");
  }
  const requests = toMessages(texts);
  if (sendsMany) return yield* requests;
  const all = await Array.fromAsync(requests);
  if (all.length !== 1) {
    throw new ConfigError(`Cannot call ${name} with ${all.length} requests: it takes one`);
  }
  yield all[0]!;

  async function* toMessages(texts: readonly string[]) {
    for (const text of texts) {
      for await (const value of splitJson(open(text))) {
        const json = parseJson(value);
        for (const typeName of namedTypes(json)) await types.ensure(typeName);
        yield toRequest(input, json, types.registry);
      }
    }
  }
}

function open(text: string): Iterable<string> | AsyncIterable<string> {
  if (text === STDIN) return Deno.stdin.readable.pipeThrough(new TextDecoderStream());
  return text.startsWith("@") ? readText(text.slice(1)) : [text];
}

async function* readText(path: string): AsyncGenerator<string, void> {
  try {
    yield await Deno.readTextFile(path);
  } catch (cause) {
    throw new ConfigError(`Cannot read request @${path}: ${(cause as Error).message}`, { cause });
  }
}
