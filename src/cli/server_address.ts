/**
 * Where a server is, as people write it.
 *
 * @module
 */

import { ConfigError } from "../config_error.ts";
import type { Positional } from "./command.ts";

/** The argument that says it. */
export const ADDRESS: Positional = {
  name: "address",
  summary: "the server's address: host:port, or https://host:port for TLS",
};

/** A server's address. */
export interface ServerAddress {
  /** What the address itself says of TLS; `undefined` if it says nothing. */
  readonly tls: boolean | undefined;
  /** A name or an address, one of IPv6 in brackets. */
  readonly host: string;
  readonly port: number;
}

const WANTED = 'write it as "localhost:50051", "[::1]:50051", or "https://example.com:443" for TLS';
const HOST_PORT = /^(\[[\da-f:.]+\]|[\w.-]*):(\d{1,5})$/i;
const MAX_PORT = 65_535;

/**
 * Reads an address. Without a host, as in `:50051`, it is this machine.
 *
 * @throws {ConfigError} If it is none.
 */
export function parseAddress(text: string): ServerAddress {
  const fail = (why: string) =>
    new ConfigError(`Cannot use address ${JSON.stringify(text)}: ${why}, ${WANTED}`);
  const [, scheme, rest] = /^(https?):\/\/(.*)$/i.exec(text) ?? [undefined, undefined, text];
  if (scheme === undefined && /^[a-z][\w+.-]*:(?!\d+$)/i.test(text)) {
    throw fail(`"${text.slice(0, text.indexOf(":") + 1)}" is not supported`);
  }
  const tls = scheme === undefined ? undefined : scheme.toLowerCase() === "https";
  const trimmed = scheme === undefined ? rest! : rest!.replace(/\/$/, "");
  if (/[/?#]/.test(trimmed)) throw fail("it has a path");
  if (trimmed.includes("@")) throw fail("it has a user's name");
  const hasPort = /:\d*$/.test(trimmed) && !/^[\da-f]*:[\da-f:]*:[\da-f:.]*$/i.test(trimmed);
  if (!hasPort && scheme === undefined) {
    throw fail(trimmed.includes(":") ? "IPv6 wants brackets" : "it has no port");
  }
  const [, host, digits] = HOST_PORT.exec(hasPort ? trimmed : `${trimmed}:${tls ? 443 : 80}`) ?? [];
  if (host === undefined || (scheme !== undefined && host === "")) throw fail("it is none");
  const port = Number(digits);
  if (port < 1 || port > MAX_PORT) throw fail(`a port is from 1 to ${MAX_PORT}`);
  const address = { tls, host: host || "localhost", port };
  if (URL.parse(originOf(address, false)) === null) throw fail("it is none");
  return address;
}

/** What calls go to. */
export function originOf({ host, port }: ServerAddress, isTls: boolean): string {
  return `${isTls ? "https" : "http"}://${host}:${port}`;
}
