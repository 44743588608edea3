/**
 * The first message of a TLS client, by hand: no library at hand still speaks what is obsolete.
 *
 * @module
 */

/** Versions of TLS as they stand in a ClientHello (RFC 5246, appendix A.1). */
export const TLS_VERSIONS = { "TLS 1.0": 0x0301, "TLS 1.1": 0x0302, "TLS 1.2": 0x0303 } as const;

/** Content types of TLS records (RFC 5246, section 6.2.1). */
export const TLS_RECORD = { alert: 21, handshake: 22 } as const;

// ECDHE_ECDSA with AES_128_GCM_SHA256 (TLS 1.2) and AES_128_CBC_SHA (before).
const CIPHER_SUITES = u16(0xc02b, 0xc009);
const EXTENSIONS: [type: number, data: number[]][] = [
  [10, sized(u16(0x0017, 0x001d))], // supported_groups: secp256r1, x25519
  [11, [1, 0]], // ec_point_formats: uncompressed
  [13, sized(u16(0x0403, 0x0804))], // signature_algorithms: ecdsa_secp256r1_sha256, rsa_pss
  [23, []], // extended_master_secret
  [0xff01, [0]], // renegotiation_info
];

/** A ClientHello of a client that speaks this version at most (RFC 5246, section 7.4.1.2). */
export function clientHello(version: number): Uint8Array<ArrayBuffer> {
  const extensions = EXTENSIONS.flatMap(([type, data]) => [...u16(type), ...sized(data)]);
  const body = [
    ...u16(version),
    ...crypto.getRandomValues(new Uint8Array(32)),
    0, // no session
    ...sized(CIPHER_SUITES),
    ...[1, 0], // no compression
    ...sized(extensions),
  ];
  const handshake = [1, 0, ...sized(body)];
  return Uint8Array.from([TLS_RECORD.handshake, 3, 1, ...sized(handshake)]);
}

function u16(...values: number[]): number[] {
  return values.flatMap((value) => [value >> 8, value & 0xff]);
}

function sized(bytes: readonly number[]): number[] {
  return [...u16(bytes.length), ...bytes];
}
