/**
 * Checks clients that resume a TLS session. A session ticket skips the verification of the client's
 * certificate, and outlives both the certificate and the CA that were valid when it was made.
 *
 * @module
 */

import type { TLSSocket } from "node:tls";
import type { X509Certificate } from "node:crypto";

/**
 * Tells whether a connection may go on. One that resumes must show a certificate that is valid now
 * and was signed by one of the CAs that are trusted now; another is to make a full handshake.
 *
 * @param trusted The CAs, empty without mTLS.
 */
export function mayResume(socket: TLSSocket, trusted: readonly X509Certificate[]): boolean {
  if (trusted.length === 0 || !socket.isSessionReused()) return true;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return false;
  const now = Date.now();
  if (Date.parse(certificate.validFrom) > now || Date.parse(certificate.validTo) < now) {
    return false;
  }
  return trusted.some((ca) => certificate.checkIssued(ca) && certificate.verify(ca.publicKey));
}
