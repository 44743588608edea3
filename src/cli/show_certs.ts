/**
 * What `certs --show` does: tells whose certificates are in PEM files, who signed them, for how long they
 * are valid, and which keys belong to them.
 *
 * @module
 */

import type { KeyObject } from "node:crypto";
import { join } from "node:path";
import { ConfigError } from "../errors.ts";
import { EXIT } from "./command.ts";
import { formatDay, formatTimeLeft } from "./days.ts";
import { escapeText } from "./escape.ts";
import { type PemCertificate, type PemKey, readPemContents } from "./pem_contents.ts";
import { styleOf } from "./style.ts";

/** Who renews by a schedule does so at 30 days; what has fewer than this was forgotten. */
const SOON_MS = 14 * 86_400_000;

/** Curves by the names that people know. */
const CURVES: Readonly<Record<string, string>> = {
  prime256v1: "P-256",
  secp384r1: "P-384",
  secp521r1: "P-521",
};

/** Something that is wrong or soon will be. */
interface Finding {
  readonly text: string;
  readonly isWrong: boolean;
}

/**
 * Prints what is in PEM files, and on the standard error what is wrong with it.
 *
 * @param files By default all of `dir` whose names end in `.pem`.
 * @returns The exit code: 1 if a certificate is out of date, or a key belongs to none of those shown.
 * @throws {ConfigError} If a file cannot be read or understood.
 */
export async function showCerts(dir: string, files: readonly string[]): Promise<number> {
  const contents = [];
  for (const file of files.length > 0 ? files : await pemFilesOf(dir)) {
    contents.push(...await readPemContents(file));
  }
  const certificates = contents.filter((each) => each.kind === "certificate");
  const findings: Finding[] = [];
  const { bold, red, yellow } = styleOf(Deno.stdout);
  for (const [file, parts] of Map.groupBy(contents, (each) => each.file)) {
    console.log(bold(file));
    for (const part of parts) {
      const found = part.kind === "key" ? judgeKey(part, certificates) : judgeDates(part);
      if (found !== undefined) findings.push({ ...found, text: `${file}: ${found.text}` });
      const paint = found === undefined ? String : found.isWrong ? red : yellow;
      const lines = part.kind === "key"
        ? [`private key  ${paint(describeOwner(part, certificates))}`]
        : describeCertificate(part, certificates, paint);
      console.log(lines.map((line) => `  ${line}`).join("\n"));
    }
    console.log("");
  }
  const stderr = styleOf(Deno.stderr);
  for (const { text, isWrong } of findings) {
    console.error(isWrong ? stderr.red(text) : stderr.yellow(text));
  }
  return findings.some(({ isWrong }) => isWrong) ? EXIT.failed : EXIT.ok;
}

async function pemFilesOf(dir: string): Promise<string[]> {
  const names = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(dir)) {
      if (!isDirectory && name.endsWith(".pem")) names.push(name);
    }
  } catch (cause) {
    const reason = cause instanceof Deno.errors.NotCapable
      ? `allow it by --allow-read=${dir}`
      : "it is no directory that can be read, make one with certs, or name files";
    throw new ConfigError(`Cannot show what is in ${dir}: ${reason}`, { cause });
  }
  if (names.length > 0) return names.sort().map((name) => join(dir, name));
  throw new ConfigError(`Cannot show what is in ${dir}: it has no file whose name ends in ".pem"`);
}

function describeCertificate(
  part: PemCertificate,
  certificates: readonly PemCertificate[],
  paintDates: (text: string) => string,
): string[] {
  const { certificate, names: { subject, subjectAltNames, notBefore, notAfter } } = part;
  const { dns, ip, uri, email } = subjectAltNames;
  const hosts = [...dns, ...ip, ...uri, ...email].map(escapeText);
  const span = `${formatDay(notBefore)} to ${formatDay(notAfter)}, ${formatTimeLeft(notAfter)}`;
  return [
    escapeText(subject) || "no subject",
    ...certificate.ca ? ["  a CA"] : [],
    ...hosts.length > 0 ? [`  for     ${hosts.join(", ")}`] : [],
    `  issuer  ${describeIssuer(part, certificates)}`,
    `  valid   ${paintDates(span)}`,
    `  key     ${describeKey(certificate.publicKey)}`,
    `  sha256  ${certificate.fingerprint256}`,
  ];
}

function describeIssuer(part: PemCertificate, certificates: readonly PemCertificate[]): string {
  if (isIssuedBy(part, part)) return "itself";
  const issuer = certificates.find((each) => isIssuedBy(part, each));
  const name = escapeText(part.names.issuer);
  return issuer === undefined ? `${name}, not shown here` : `${name}, in ${issuer.file}`;
}

function isIssuedBy({ certificate }: PemCertificate, { certificate: issuer }: PemCertificate) {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    // A key of a kind that is not known here.
    return false;
  }
}

function judgeDates({ names: { subject, notBefore, notAfter } }: PemCertificate) {
  const name = escapeText(subject) || "a certificate";
  const now = Date.now();
  if (notBefore.getTime() > now) {
    return { text: `${name} is not valid before ${notBefore.toISOString()}`, isWrong: true };
  }
  const leftMs = notAfter.getTime() - now;
  if (leftMs >= SOON_MS) return undefined;
  return { text: `${name}: ${formatTimeLeft(notAfter, now)}`, isWrong: leftMs < 0 };
}

function judgeKey(part: PemKey, certificates: readonly PemCertificate[]): Finding | undefined {
  if (certificates.length === 0 || ownersOf(part, certificates).length > 0) return undefined;
  return { text: "the private key belongs to none of these certificates", isWrong: true };
}

function describeOwner(part: PemKey, certificates: readonly PemCertificate[]): string {
  const owners = ownersOf(part, certificates)
    .map(({ file, names }) => `${escapeText(names.subject) || "a certificate"} in ${file}`);
  const whose = owners.length > 0
    ? `, of ${[...new Set(owners)].join(", ")}`
    : certificates.length > 0
    ? ", of none of these certificates"
    : "";
  return describeKey(part.key) + whose;
}

function ownersOf({ key }: PemKey, certificates: readonly PemCertificate[]): PemCertificate[] {
  return certificates.filter(({ certificate }) => certificate.checkPrivateKey(key));
}

function describeKey({ asymmetricKeyType: type, asymmetricKeyDetails: details = {} }: KeyObject) {
  if (type === "rsa") return `RSA, ${details.modulusLength} bits`;
  if (type !== "ec") return type ?? "of a kind not known here";
  return `ECDSA, ${CURVES[details.namedCurve ?? ""] ?? details.namedCurve}`;
}
