/**
 * The flags of commands that call a server: how it is reached, what is trusted, and for how long one
 * waits. The names are those of the client's options.
 *
 * @module
 */

import { ConfigError } from "../config_error.ts";
import { resolveDuration } from "../duration.ts";
import type { ClientTlsTexts } from "../client/client_tls.ts";
import type { Flag } from "./command.ts";
import { parseMetadata } from "./metadata.ts";
import { originOf, parseAddress } from "./server_address.ts";

/** The flags, but for those that have other defaults in each command. */
export const CLIENT_FLAGS = {
  tls: { type: "boolean", summary: "use TLS, as for https://, or if a flag below is set" },
  plaintext: { type: "boolean", summary: "use no TLS (so it is for host:port)" },
  "ca-certificate": {
    type: "string",
    value: "<file>",
    summary: "CA certificates in PEM to check the server by (those that Deno trusts)",
    completes: "file",
  },
  "client-certificate-chain": {
    type: "string",
    value: "<file>",
    summary: "the client's certificate in PEM, for mTLS",
    completes: "file",
  },
  "client-private-key": {
    type: "string",
    value: "<file>",
    summary: "the private key of the client's certificate",
    completes: "file",
  },
  "server-name": {
    type: "string",
    value: "<name>",
    summary: "the name that the server's certificate is for (the address's)",
  },
  metadata: {
    type: "string",
    value: "<name: value>",
    short: "H",
    multiple: true,
    summary: "a header to send; base64 for one that ends in -bin",
  },
} as const satisfies Record<string, Flag>;

const TLS_FLAGS = [
  "ca-certificate",
  "client-certificate-chain",
  "client-private-key",
  "server-name",
] as const;

/** What was given for the flags of a command that calls a server. */
export interface ClientFlagValues {
  readonly tls?: boolean | undefined;
  readonly plaintext?: boolean | undefined;
  readonly "ca-certificate"?: string | undefined;
  readonly "client-certificate-chain"?: string | undefined;
  readonly "client-private-key"?: string | undefined;
  readonly "server-name"?: string | undefined;
  readonly metadata: readonly string[];
}

/** A server to call. */
export interface ServerTarget {
  /** `http://host:port`, or `https://host:port` with TLS. */
  readonly origin: string;
  /** `host:port`, as in `--allow-net`. */
  readonly netAddress: string;
  readonly tls: ClientTlsTexts;
  readonly metadata: readonly (readonly [name: string, value: string])[];
}

/** What may be wrong where a connection ends before anything was said, for behind a message. */
export function tlsHint({ origin }: ServerTarget): string {
  return origin.startsWith("http:") ? " (if it speaks TLS, use https:// or --tls)" : "";
}

/**
 * Reads an address and the flags, and the PEM files that they name.
 *
 * @throws {ConfigError} If one of them cannot be used, or they contradict each other.
 */
export async function readTarget(text: string, values: ClientFlagValues): Promise<ServerTarget> {
  const address = parseAddress(text);
  const isTls = wantsTls(address.tls, values);
  return {
    origin: originOf(address, isTls),
    netAddress: `${address.host}:${address.port}`,
    tls: isTls ? await loadTls(values) : {},
    metadata: values.metadata.map(parseMetadata),
  };
}

/**
 * Reads the duration of a flag, `undefined` if it was not given.
 *
 * @throws {ConfigError} If it is none.
 */
export function readDuration(flag: string, text: string): number {
  // Without a unit it is a number of seconds.
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  try {
    return resolveDuration(`--${flag}`, value);
  } catch (cause) {
    throw new ConfigError((cause as Error).message, { cause });
  }
}

function wantsTls(ofAddress: boolean | undefined, values: ClientFlagValues): boolean {
  const flag = TLS_FLAGS.find((name) => values[name] !== undefined) ??
    (values.tls ? "tls" : undefined);
  const noTls = values.plaintext
    ? "--plaintext"
    : values.tls === false
    ? "--no-tls"
    : ofAddress === false
    ? "http://"
    : undefined;
  const tls = flag === undefined ? ofAddress ? "https://" : undefined : `--${flag}`;
  if (tls !== undefined && noTls !== undefined) {
    throw new ConfigError(`Cannot use ${tls} with ${noTls}: one is TLS, the other none`);
  }
  return tls !== undefined;
}

async function loadTls(values: ClientFlagValues): Promise<ClientTlsTexts> {
  const { "ca-certificate": ca, "client-certificate-chain": chain, "client-private-key": key } =
    values;
  const serverName = values["server-name"];
  if ((chain === undefined) !== (key === undefined)) {
    const [set, missing] = key === undefined
      ? ["client-certificate-chain", "client-private-key"]
      : ["client-private-key", "client-certificate-chain"];
    throw new ConfigError(`Cannot use --${set} alone: set --${missing} as well`);
  }
  const { loadClientTls } = await import("../client/client_tls.ts");
  try {
    return loadClientTls({
      ...ca !== undefined && { caCertificate: ca },
      ...chain !== undefined && { clientCertificateChain: chain, clientPrivateKey: key! },
      ...serverName !== undefined && { serverName },
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(nameFlags(error.message), { cause: error });
  }
}

/** The options of the client are flags here. */
function nameFlags(message: string): string {
  return message.replace(
    /"(caCertificate|clientCertificateChain|clientPrivateKey|serverName)"/g,
    (_, option: string) => `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
  );
}
