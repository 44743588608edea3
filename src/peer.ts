/**
 * Who is at the other end of a call. How this is read from a socket is the transport's.
 *
 * @module
 */

/** The client of a call, as the connection shows it. */
export interface Peer {
  /** IP address, such as `127.0.0.1` or `::1`. That of a proxy, if one is in between. */
  readonly address: string;
  /** TCP port. */
  readonly port: number;
  /** Whether the connection is TLS. */
  readonly encrypted: boolean;
  /**
   * The client's certificate. Present under mTLS alone, where the TLS handshake verified it
   * against the CA that the server trusts.
   */
  readonly certificate: PeerCertificate | undefined;
}

/** A client certificate that was verified in the TLS handshake (X.509, RFC 5280). */
export interface PeerCertificate {
  /** Distinguished name, such as `CN=billing,O=Example`: the form of RFC 4514, safe to compare. */
  readonly subject: string;
  /** Distinguished name of the CA that signed it, in the same form. */
  readonly issuer: string;
  /** Serial number in hexadecimal. */
  readonly serialNumber: string;
  /** Subject alternative names, by their kind. */
  readonly subjectAltNames: SubjectAltNames;
  /**
   * SPIFFE id, such as `spiffe://example.org/billing`: the only URI among the names, if its scheme is
   * `spiffe` (SPIFFE X.509-SVID, section 2). `undefined` if there is none, or more than one URI.
   */
  readonly spiffeId: string | undefined;
  /** SHA-256 of the certificate in DER, as `AB:CD:…`, as `openssl x509 -fingerprint -sha256` has it. */
  readonly fingerprint256: string;
  /** From when on it is valid. */
  readonly notBefore: Date;
  /** Until when it is valid. */
  readonly notAfter: Date;
  /** The certificate in DER. */
  readonly raw: Uint8Array;
}

/** Subject alternative names of a certificate (RFC 5280, section 4.2.1.6). */
export interface SubjectAltNames {
  /** DNS names. */
  readonly dns: readonly string[];
  /** IP addresses. */
  readonly ip: readonly string[];
  /** URIs. */
  readonly uri: readonly string[];
  /** Mail addresses. */
  readonly email: readonly string[];
}
