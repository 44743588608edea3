/**
 * Reads certificates, such as a client's for handlers. The names are taken from the certificate's
 * DER: the text that Deno's TLS makes of them is not escaped, so that a DNS name with a comma in it
 * could pass for a second name, such as somebody else's SPIFFE id.
 *
 * Loaded only where client certificates are asked for, or certificates are shown.
 *
 * @module
 */

import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import {
  AsnConvert,
  Certificate,
  type GeneralName,
  id_ce_subjectAltName,
  SubjectAlternativeName,
  type TBSCertificate,
} from "../deps/client_certificate.ts";
import type { PeerCertificate, SubjectAltNames } from "../peer.ts";
import { formatDistinguishedName } from "./distinguished_name.ts";

/**
 * The certificate that a socket's client showed, `undefined` if it showed none that was verified.
 *
 * @throws {Error} If it is malformed. TLS looks only at the parts that it needs.
 */
export function readClientCertificate(socket: TLSSocket): PeerCertificate | undefined {
  const certificate = socket.getPeerX509Certificate();
  return socket.authorized && certificate !== undefined ? readCertificate(certificate) : undefined;
}

/**
 * Reads a certificate.
 *
 * @throws {Error} If it is malformed.
 */
export function readCertificate(certificate: X509Certificate): PeerCertificate {
  const { tbsCertificate } = AsnConvert.parse(certificate.raw, Certificate);
  const subjectAltNames = readSubjectAltNames(tbsCertificate);
  const [uri, ...moreUris] = subjectAltNames.uri;
  return {
    subject: formatDistinguishedName(tbsCertificate.subject),
    issuer: formatDistinguishedName(tbsCertificate.issuer),
    serialNumber: certificate.serialNumber,
    subjectAltNames,
    spiffeId: moreUris.length === 0 && uri?.startsWith("spiffe://") ? uri : undefined,
    fingerprint256: certificate.fingerprint256,
    notBefore: new Date(certificate.validFrom),
    notAfter: new Date(certificate.validTo),
    raw: new Uint8Array(certificate.raw),
  };
}

function readSubjectAltNames({ extensions = [] }: TBSCertificate): SubjectAltNames {
  const extension = extensions.find(({ extnID }) => extnID === id_ce_subjectAltName);
  // Spread, for map() of what the parser gives would make more of its class.
  const names: readonly GeneralName[] = extension === undefined
    ? []
    : [...AsnConvert.parse(extension.extnValue.buffer, SubjectAlternativeName)];
  const collect = (pick: (name: GeneralName) => string | undefined) =>
    names.map(pick).filter((name) => name !== undefined);
  return {
    dns: collect(({ dNSName }) => dNSName),
    ip: collect(({ iPAddress }) => iPAddress),
    uri: collect(({ uniformResourceIdentifier }) => uniformResourceIdentifier),
    email: collect(({ rfc822Name }) => rfc822Name),
  };
}
