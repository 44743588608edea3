/**
 * Methods as one line each.
 *
 * @module
 */

import type { DescMethod, DescService } from "../deps.ts";
import { escapeText } from "./escape.ts";
import type { Style } from "./style.ts";

/** The lines that tell of a service. */
export function describeService({ typeName, methods }: DescService, style: Style): string[] {
  return [style.bold(escapeText(typeName)), ...methods.map((each) => `  ${signatureOf(each)}`)];
}

function signatureOf({ name, input, output, methodKind }: DescMethod): string {
  const sendsMany = methodKind === "client_streaming" || methodKind === "bidi_streaming";
  const repliesMany = methodKind === "server_streaming" || methodKind === "bidi_streaming";
  const request = `${sendsMany ? "stream " : ""}${input.typeName}`;
  const reply = `${repliesMany ? "stream " : ""}${output.typeName}`;
  return escapeText(`${name}(${request}) returns (${reply})`);
}
