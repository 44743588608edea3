/**
 * The names that a development server's certificate is for: read from what a user wrote, and from a
 * certificate that was made before.
 *
 * @module
 */

import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { SubjectAlternativeNameExtension, type X509Certificate } from "../deps/dev_certs.ts";
import type { SubjectAltName } from "./x509.ts";

/** What every development server is called on its own machine. */
export const LOCAL_HOSTS: readonly string[] = ["localhost", "127.0.0.1", "::1"];

/** Labels of letters, digits, hyphens and underscores; the first one may stand for any. */
const DNS_NAME = /^(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/;
/** RFC 1035, section 2.3.4. */
const MAX_DNS_LENGTH = 253;

/**
 * The form in which a host stands in a certificate.
 *
 * @throws {RangeError} If it is neither a DNS name nor an IP address.
 */
export function normalizeHost(host: string): string {
  const normal = isIP(host) > 0
    ? normalizeAddress(host)
    : domainToASCII(host.replace("*.", "w--."));
  const name = normal.replace(/^w--\./, "*.");
  const isAddress = isIP(name) > 0;
  if (isAddress || (DNS_NAME.test(name) && name.length <= MAX_DNS_LENGTH)) return name;
  throw new RangeError(
    `Cannot make a certificate for host "${host}": a DNS name or an IP address is wanted, without ` +
      `scheme and port`,
  );
}

/** Hosts as names of a certificate. */
export function toSubjectAltNames(hosts: readonly string[]): SubjectAltName[] {
  return hosts.map((host) => isIP(host) > 0 ? { ip: host } : { dns: host });
}

/** The hosts that a certificate is for. */
export function hostsOf(certificate: X509Certificate): string[] {
  const extension = certificate.getExtension(SubjectAlternativeNameExtension);
  const names = extension?.names.items ?? [];
  return names.filter(({ type }) => type === "dns" || type === "ip").map(({ value }) => value);
}

/** One form of those that an IPv6 address has; a zone, which is the machine's own affair, has none. */
function normalizeAddress(address: string): string {
  if (isIP(address) === 4) return address;
  return URL.parse(`http://[${address}]`)?.hostname.slice(1, -1) ?? "";
}
