/**
 * What `check` does: an app is prepared as if it were to be served, and what there is of it is printed.
 *
 * @module
 */

import { appStarter } from "../app.ts";
import { formatDuration } from "../duration.ts";
import { configureConsoleLog } from "../log.ts";
import { type ResolvedRunOptions, resolveRunOptions } from "../run_options.ts";
import type { MethodSpec } from "../service.ts";
import { loadTls, parseCaBundle, type TlsContext } from "../transport/tls.ts";
import type { CommandInput } from "./command.ts";
import { describeError } from "./describe_error.ts";
import { readFlags } from "./config_flags.ts";
import { NoAppError } from "./load_app.ts";
import { describeFile, prepareApp } from "./prepare_app.ts";
import { styleOf } from "./style.ts";

/**
 * Checks the app of a command's module, and prints it.
 *
 * @returns Whether it can be served, and clients can trust it by its dates.
 * @throws {ConfigError} If there is no app to be checked.
 */
export async function checkApp(input: CommandInput): Promise<boolean> {
  // A flag that is wrong is not the app's fault.
  readFlags(input.values);
  configureConsoleLog({ level: "warning" });
  try {
    const { app, runOptions, config } = await prepareApp(input);
    const options = resolveRunOptions(runOptions);
    const tls = await loadTls(options.tls);
    const methods = await appStarter(app).resolveMethods(options);
    console.log(`${describeAddress(options, tls)}\n${describeFile(config)}`);
    printServices([...methods.values()]);
    return tls === undefined || printDates(tls);
  } catch (error) {
    if (error instanceof NoAppError) throw error;
    console.error(describeError(error));
    return false;
  }
}

function describeAddress(
  { hostname, port, workers }: ResolvedRunOptions,
  tls?: TlsContext,
): string {
  const host = hostname === undefined ? "all addresses" : hostname;
  const kind = tls === undefined ? "plaintext" : tls.ca === undefined ? "TLS" : "mTLS";
  const processes = workers === 1 ? "" : `, ${workers} workers`;
  return `${host}, port ${port}, ${kind}${processes}`;
}

function printServices(methods: readonly MethodSpec[]): void {
  const { bold, dim } = styleOf(Deno.stdout);
  // What is built in comes last.
  const own = methods.toSorted((a, b) => Number(a.standalone) - Number(b.standalone));
  const width = Math.max(0, ...methods.map(({ desc }) => desc.name.length));
  for (const [service, specs] of Map.groupBy(own, ({ desc }) => desc.parent.typeName)) {
    console.log(`\n${bold(service)}`);
    for (const { desc, timeoutMs } of specs) {
      const timeout = timeoutMs === Infinity ? dim("no timeout") : formatDuration(timeoutMs);
      const kind = desc.methodKind.replace("_", " ").padEnd("client streaming".length);
      console.log(`  ${desc.name.padEnd(width)}  ${kind}  ${timeout}`);
    }
  }
}

/** Says until when the server's certificate holds. Returns whether it holds now. */
function printDates({ cert }: TlsContext): boolean {
  const { subject, validFrom, validTo } = parseCaBundle(cert)[0]!;
  const { red } = styleOf(Deno.stderr);
  const now = Date.now();
  if (Date.parse(validTo) < now) {
    console.error(red(`\ncertificate ${subject} expired at ${validTo}`));
    return false;
  }
  if (Date.parse(validFrom) > now) {
    console.error(red(`\ncertificate ${subject} is not valid before ${validFrom}`));
    return false;
  }
  console.log(`\ncertificate ${subject} is valid until ${validTo}`);
  return true;
}
