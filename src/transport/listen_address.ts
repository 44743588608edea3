/**
 * The address to listen on: found and allowed before a port is opened, and what the system refuses said
 * in words that help. Deno would throw some of it where nobody can catch it, and end the process.
 *
 * @module
 */

import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { ConfigError } from "../errors.ts";

/**
 * Finds the address that a hostname stands for, and makes sure that it may be listened on.
 *
 * @returns `undefined` if all addresses are meant.
 * @throws {ConfigError} If there is no such host, or Deno may not.
 */
export async function resolveListenAddress(
  port: number,
  hostname: string | undefined,
): Promise<string | undefined> {
  const address = hostname === undefined ? undefined : await toAddress(hostname);
  await assertMayListen(port, address ?? "::");
  return address;
}

/** What the system had against listening, as an error that says what to do. */
export function explainListenError(
  error: Error,
  port: number,
  address: string | undefined,
): Error {
  const reason = reasonOf((error as NodeJS.ErrnoException).code, port, address);
  return reason === undefined
    ? error
    : new ConfigError(`Cannot listen on ${reason}`, { cause: error });
}

function reasonOf(code: string | undefined, port: number, address?: string): string | undefined {
  switch (code) {
    case "EADDRINUSE":
      return `port ${port}: it is in use, choose another`;
    case "EACCES":
      return `port ${port}: it is for privileged users, choose one from 1024 on`;
    // Deno gives the second for what is the first to the system.
    case "EADDRNOTAVAIL":
    case "EINVAL":
      return address &&
        `${address}: it is no address of this machine, choose one or leave "hostname" out for all`;
    default:
      return undefined;
  }
}

async function toAddress(hostname: string): Promise<string> {
  if (isIP(hostname) > 0) return hostname;
  await assertAllowed(hostname);
  try {
    return (await lookup(hostname)).address;
  } catch (cause) {
    throw new ConfigError(
      `Cannot listen on "${hostname}": no address is known by that name, choose one of this machine ` +
        `or leave "hostname" out for all`,
      { cause },
    );
  }
}

async function assertMayListen(port: number, address: string): Promise<void> {
  await assertAllowed(`${address.includes(":") ? `[${address}]` : address}:${port}`);
}

async function assertAllowed(host: string): Promise<void> {
  if (!("Deno" in globalThis)) return;
  const { state } = await Deno.permissions.request({ name: "net", host });
  if (state === "granted") return;
  throw new ConfigError(`Cannot listen on ${host}: run Deno with --allow-net=${host}`);
}
