/**
 * Private keys as PEM text: makes, writes and reads the key pairs of development certificates with
 * WebCrypto. The certificates are `x509.ts`'s.
 *
 * @module
 */

/** Taken by every TLS stack in use, and far cheaper to make than an RSA key. */
const ECDSA_P256: EcKeyGenParams = { name: "ECDSA", namedCurve: "P-256" };

/** Algorithms that {@linkcode createKeyPair} takes: those of WebCrypto that sign. */
export type KeyPairAlgorithm = EcKeyGenParams | RsaHashedKeyGenParams;

/**
 * Makes a key pair that signs.
 *
 * @param algorithm its algorithm, ECDSA over P-256 by default
 * @returns the pair, which can be exported
 */
export async function createKeyPair(
  algorithm: KeyPairAlgorithm = ECDSA_P256,
): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

/**
 * Writes a private key as PEM (PKCS #8, not encrypted).
 *
 * @param key a private key that can be exported
 * @returns PEM text that ends with a newline
 */
export async function encodePrivateKey(key: CryptoKey): Promise<string> {
  const base64 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", key)).toBase64();
  const lines = base64.match(/.{1,64}/g) ?? [];
  return ["-----BEGIN PRIVATE KEY-----", ...lines, "-----END PRIVATE KEY-----", ""].join("\n");
}

/**
 * Reads a private key that {@linkcode encodePrivateKey} wrote, and derives its public key.
 *
 * @param pem PEM text (PKCS #8, not encrypted) of an ECDSA key over P-256
 * @returns the pair
 * @throws {TypeError} when the text holds no such key
 */
export async function decodeKeyPair(pem: string): Promise<CryptoKeyPair> {
  const base64 = /-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----/.exec(pem)?.[1];
  try {
    const der = Uint8Array.fromBase64(base64 ?? "");
    const privateKey = await crypto.subtle.importKey("pkcs8", der, ECDSA_P256, true, ["sign"]);
    return { privateKey, publicKey: await derivePublicKey(privateKey) };
  } catch (cause) {
    throw new TypeError("Cannot read a private key: expected PEM of an unencrypted P-256 key", {
      cause,
    });
  }
}

async function derivePublicKey(privateKey: CryptoKey): Promise<CryptoKey> {
  // WebCrypto has no operation for this, but a private JWK holds the public point as well.
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", privateKey);
  const jwk = { kty, crv, x, y } as JsonWebKey;
  return await crypto.subtle.importKey("jwk", jwk, ECDSA_P256, true, ["verify"]);
}
