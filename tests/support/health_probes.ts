/**
 * `health` of the command line, and grpc-health-probe, asked the same.
 *
 * @module
 */

import type { CliFolder } from "./cli.ts";
import { type CommandResult, runCommand } from "./command.ts";
import type { ProbeFlags, ProbePem } from "./health_cases.ts";

/** So long that it does not matter, where a machine has much to do. */
const PATIENT = { connectTimeoutMs: 20_000, timeoutMs: 20_000 };

/** What to ask, and where. */
export interface Probe {
  readonly port: number;
  readonly flags?: ProbeFlags | undefined;
  readonly pem: ProbePem;
}

/** Runs `health` with no permission but for the port and the PEM files. */
export function runHealth(
  folder: CliFolder,
  { port, flags = {}, pem }: Probe,
): Promise<CommandResult> {
  return folder.run(["health", `localhost:${port}`, ...healthFlags(flags, pem)], {
    flags: healthPermissions(port, pem),
  });
}

/** What `health` takes. */
export function healthPermissions(port: number, pem?: ProbePem): string[] {
  return [
    `--allow-net=localhost:${port}`,
    ...pem ? [`--allow-read=${pem.directory.pathname}`] : [],
  ];
}

/** Runs grpc-health-probe. */
export function runGoProbe(tool: string, { port, flags = {}, pem }: Probe): Promise<CommandResult> {
  const { service, ca, hasClient, serverName, connectTimeoutMs, timeoutMs } = {
    ...PATIENT,
    ...flags,
  };
  const optional = Object.entries({
    "-service": service,
    "-tls-ca-cert": ca && caOf(ca, pem),
    "-tls-client-cert": hasClient && pem.clientCertificateChain.pathname,
    "-tls-client-key": hasClient && pem.clientPrivateKey.pathname,
    "-tls-server-name": serverName,
  });
  return runCommand(tool, [
    `-addr=localhost:${port}`,
    `-connect-timeout=${connectTimeoutMs}ms`,
    `-rpc-timeout=${timeoutMs}ms`,
    ...ca === undefined ? [] : ["-tls"],
    ...optional.filter(([, value]) => value).map(([name, value]) => `${name}=${value}`),
  ]);
}

function healthFlags(flags: ProbeFlags, pem: ProbePem): string[] {
  const { service, ca, hasClient, serverName, connectTimeoutMs, timeoutMs } = {
    ...PATIENT,
    ...flags,
  };
  const optional = Object.entries({
    "--service": service,
    "--ca-certificate": ca && caOf(ca, pem),
    "--client-certificate-chain": hasClient && pem.clientCertificateChain.pathname,
    "--client-private-key": hasClient && pem.clientPrivateKey.pathname,
    "--server-name": serverName,
  });
  return [
    `--connect-timeout=${connectTimeoutMs}ms`,
    `--timeout=${timeoutMs}ms`,
    ...optional.filter(([, value]) => value).map(([name, value]) => `${name}=${value}`),
  ];
}

function caOf(ca: "own" | "strange", pem: ProbePem): string {
  return ca === "own" ? pem.caCertificate.pathname : pem.strangeCa;
}
