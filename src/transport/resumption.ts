/**
 * Checks clients that resume a TLS session. A session ticket skips the verification of the client's
 * certificate, and outlives both the certificate and the CA that were valid when it was made. Deno
 * 2.9 makes tickets whatever it is told (`SSL_OP_NO_TICKET`, `ticketKeys`, `sessionTimeout`).
 *
 * @module
 */

import type { TLSSocket } from "node:tls";
import { X509Certificate } from "node:crypto";

/** Most certificates from a client to its CA; a self-signed one is its own issuer without end. */
const MAX_CHAIN_LENGTH = 10;

/**
 * Tells whether a connection may go on. One that resumes must have shown a certificate that is valid
 * now and leads to one of the CAs that are trusted now; another is to make a full handshake.
 *
 * @param trusted The CAs, empty without mTLS.
 */
export function mayResume(socket: TLSSocket, trusted: readonly X509Certificate[]): boolean {
  if (trusted.length === 0 || !socket.isSessionReused()) return true;
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
