/**
 * Tells who is at the other end of a socket.
 *
 * @module
 */

import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Peer } from "../peer.ts";

/**
 * Reads a {@linkcode Peer} off a socket, after its handshake if it is TLS.
 *
 * @throws {Error} If its certificate is malformed.
 */
export type PeerReader = (socket: Socket) => Peer;

/**
 * Makes a reader.
 *
 * @param hasClientCertificates Whether the server asks for them; only then is what reads them loaded.
 */
export async function createPeerReader(hasClientCertificates: boolean): Promise<PeerReader> {
  const readCertificate = hasClientCertificates
    ? (await import("./client_certificate.ts")).readClientCertificate
    : () => undefined;
  return (socket) => {
    // Read now: once a socket is closed it does not tell any more.
    const { remoteAddress = "", remotePort = 0 } = socket;
    const encrypted = socket instanceof TLSSocket;
    const certificate = encrypted ? readCertificate(socket) : undefined;
    // An IPv4 client of a socket that takes both is shown as ::ffff:127.0.0.1 (RFC 4291, 2.5.5.2).
    const address = remoteAddress.replace(/^::ffff:(?=\d+\.)/, "");
    return { address, port: remotePort, encrypted, certificate };
  };
}
