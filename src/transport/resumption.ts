/**
 * Follows the certificates of a client to a CA, for where TLS does not: a session ticket skips the
 * verification, and outlives both the certificate and the CA that were valid when it was made. Deno
 * 2.9 makes tickets whatever it is told (`SSL_OP_NO_TICKET`, `ticketKeys`, `sessionTimeout`). And a
 * handshake that began before a CA was replaced goes by the old one.
 *
 * @module
 */

import type { TLSSocket } from "node:tls";
import { X509Certificate } from "node:crypto";

/** Most certificates from a client to its CA; a self-signed one is its own issuer without end. */
const MAX_CHAIN_LENGTH = 10;

/**
 * Tells whether a connection may go on. One that resumes must have shown a certificate that leads to a
 * CA that is trusted now; another is to make a full handshake.
 *
 * @param trusted The CAs, empty without mTLS.
 */
export function mayResume(socket: TLSSocket, trusted: readonly X509Certificate[]): boolean {
  return trusted.length === 0 || !socket.isSessionReused() || leadsTo(socket, trusted);
}

/**
 * Tells whether the certificate that a client has shown is valid now, and leads to one of the CAs that
 * are trusted now.
 */
export function leadsTo(socket: TLSSocket, trusted: readonly X509Certificate[]): boolean {
  let shown = socket.getPeerCertificate(true);
  let issued: X509Certificate | undefined;
  for (let length = 0; length < MAX_CHAIN_LENGTH && shown?.raw !== undefined; length++) {
    const certificate = new X509Certificate(shown.raw);
    if (!isValidNow(certificate)) return false;
    if (issued !== undefined && !(certificate.ca && isIssuedBy(issued, certificate))) return false;
    if (trusted.some((ca) => isIssuedBy(certificate, ca))) return true;
    issued = certificate;
    shown = shown.issuerCertificate;
  }
  return false;
}

function isValidNow({ validFrom, validTo }: X509Certificate): boolean {
  const now = Date.now();
  return Date.parse(validFrom) <= now && now <= Date.parse(validTo);
}

function isIssuedBy(certificate: X509Certificate, ca: X509Certificate): boolean {
  return certificate.checkIssued(ca) && certificate.verify(ca.publicKey);
}
