/**
 * Distinguished names as text, from the certificate's DER: what Deno's TLS tells of them leaves out
 * some attributes, such as DC and UID, so that different names could look the same.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { AsnConvert, type AttributeTypeAndValue, type Name } from "../deps/client_certificate.ts";

/** RFC 4514, section 3, and two more that OpenSSL names the same way. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.5": "serialNumber",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.9": "street",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "0.9.2342.19200300.100.1.1": "UID",
  "0.9.2342.19200300.100.1.25": "DC",
  "1.2.840.113549.1.9.1": "emailAddress",
};

/** Writes a distinguished name, most specific part first, special characters escaped (RFC 4514). */
export function formatDistinguishedName(name: Name): string {
  return Array.from(name, (part) => Array.from(part, formatAttribute).join("+"))
    .reverse().join(",");
}

function formatAttribute({ type, value }: AttributeTypeAndValue): string {
  const shortName = SHORT_NAMES[type];
  if (shortName !== undefined && value.anyValue === undefined) {
    return `${shortName}=${escapeValue(value.toString())}`;
  }
  return `${type}=#${Buffer.from(AsnConvert.serialize(value)).toString("hex")}`;
}

function escapeValue(value: string): string {
  const escaped = value.replace(/[\\",;+<>]|^[# ]| $/g, (character) => `\\${character}`);
  return Array.from(escaped, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x20 || code === 0x7f ? `\\${code.toString(16).padStart(2, "0")}` : character;
  }).join("");
}
