/**
 * Reads a client certificate for handlers. The names are taken from the certificate's DER: the text
 * that Deno's TLS makes of them is not escaped, so that a DNS name with a comma in it could pass
 * for a second name, such as somebody else's SPIFFE id.
 *
 * Loaded only where client certificates are asked for.
 *
 * @module
 */

import type { DetailedPeerCertificate, TLSSocket } from "node:tls";
import { AsnConvert } from "@peculiar/asn1-schema";
import {
  Certificate,
  type GeneralName,
  id_ce_subjectAltName,
  SubjectAlternativeName,
} from "@peculiar/asn1-x509";
import type { PeerCertificate, SubjectAltNames } from "../peer.ts";

/** The certificate that a socket's client showed, `undefined` if it showed none that was verified. */
export function readClientCertificate(socket: TLSSocket): PeerCertificate | undefined {
  const certificate = socket.getPeerCertificate(true);
  if (!socket.authorized || certificate?.raw === undefined) return undefined;
  const subjectAltNames = readSubjectAltNames(certificate.raw);
  const [uri, ...moreUris] = subjectAltNames.uri;
  return {
    subject: formatName(certificate.subject),
    issuer: formatName(certificate.issuer),
    serialNumber: certificate.serialNumber,
    subjectAltNames,
    spiffeId: moreUris.length === 0 && uri?.startsWith("spiffe://") ? uri : undefined,
    fingerprint256: certificate.fingerprint256,
    notBefore: new Date(certificate.valid_from),
    notAfter: new Date(certificate.valid_to),
    raw: new Uint8Array(certificate.raw),
  };
}

function readSubjectAltNames(der: Uint8Array): SubjectAltNames {
  const { tbsCertificate } = AsnConvert.parse(der, Certificate);
  const extension = tbsCertificate.extensions?.find(({ extnID }) =>
    extnID === id_ce_subjectAltName
  );
  const names: readonly GeneralName[] = extension === undefined
    ? []
    : AsnConvert.parse(extension.extnValue.buffer, SubjectAlternativeName);
  const collect = (pick: (name: GeneralName) => string | undefined) =>
    names.map(pick).filter((name) => name !== undefined);
  return {
    dns: collect(({ dNSName }) => dNSName),
    ip: collect(({ iPAddress }) => iPAddress),
    uri: collect(({ uniformResourceIdentifier }) => uniformResourceIdentifier),
    email: collect(({ rfc822Name }) => rfc822Name),
  };
}

/** Writes a distinguished name with its special characters escaped (RFC 4514, section 2.4). */
function formatName(name: DetailedPeerCertificate["subject"]): string {
  const parts: string[] = [];
  for (const [type, value] of Object.entries(name)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      parts.push(`${type}=${escapeValue(String(each))}`);
    }
  }
  return parts.join(", ");
}

function escapeValue(value: string): string {
  const escaped = value.replace(/[\\",;+<>=]|^[# ]| $/g, (character) => `\\${character}`);
  return Array.from(escaped, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x20 || code === 0x7f ? `\\${code.toString(16).padStart(2, "0")}` : character;
  }).join("");
}
