/**
 * Envoy as a child process, on ports of the loopback, with the configuration of `deploy/envoy/`.
 *
 * @module
 */

import { findPort } from "../../support/nginx.ts";
import { createTempDirectory } from "../../support/pem_files.ts";
import { startCommand } from "../../support/program.ts";

const DEPLOYED = new URL("../../../deploy/envoy/envoy.yaml", import.meta.url);
const STARTED = /all dependencies initialized\. starting workers/;
const ATTEMPTS = 5;

/** Options for {@linkcode startEnvoy}. */
export interface EnvoyOptions {
  /** The program. */
  readonly path: string;
  /** Ports of the servers behind it. */
  readonly backends: readonly number[];
  /** Folder with the PEM files, named as the kit's development certificates. */
  readonly certs: URL;
  /** Changes the configuration. */
  readonly change?: (config: string) => string;
}

/** A running Envoy, ended with the test's block. */
export interface Envoy extends AsyncDisposable {
  /** Port with TLS, for HTTP/2 and HTTP/1.1. */
  readonly port: number;
  /** The value of a counter or a gauge, such as `cluster.greeter.upstream_rq_retry`. */
  statistic(name: string): Promise<number>;
}

/** Starts it, and waits until it listens. */
export async function startEnvoy(options: EnvoyOptions): Promise<Envoy> {
  for (let attempt = 1;; attempt++) {
    const envoy = await tryEnvoy(options);
    if (typeof envoy !== "string") return envoy;
    if (attempt === ATTEMPTS || !envoy.includes("Address already in use")) throw new Error(envoy);
  }
}

/** Gives what it printed if it does not start. */
async function tryEnvoy(options: EnvoyOptions): Promise<Envoy | string> {
  await using stack = new AsyncDisposableStack();
  const { directory } = stack.use(await createTempDirectory());
  const [port, adminPort] = [findPort(), findPort()];
  const file = new URL("envoy.yaml", directory).pathname;
  const config = await configureEnvoy(options, { port, adminPort });
  await Deno.writeTextFile(file, config);
  const program = stack.use(startCommand([
    ...[options.path, "--config-path", file, "--concurrency", "2"],
    // It would look for others of its kind otherwise, to take their place.
    "--disable-hot-restart",
  ], { cwd: directory }));
  try {
    await program.printed(STARTED);
  } catch (error) {
    return (error as Error).message;
  }
  const rest = stack.move();
  return {
    port,
    async statistic(name) {
      const response = await fetch(`http://127.0.0.1:${adminPort}/stats?filter=^${name}$`);
      return Number(/: (\d+)/.exec(await response.text())![1]);
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

/** The configuration with addresses and paths of a test. */
export async function configureEnvoy(
  { backends, certs, change = (config) => config }: Omit<EnvoyOptions, "path">,
  { port, adminPort }: { readonly port: number; readonly adminPort: number },
): Promise<string> {
  const endpoint = /^( +)- endpoint:\n +address:\n +socket_address: .*greeter-headless.*\n/m;
  const deployed = await Deno.readTextFile(DEPLOYED);
  const replacements: readonly (readonly [from: string | RegExp, to: string])[] = [
    ["address: 127.0.0.1, port_value: 9901", `address: 127.0.0.1, port_value: ${adminPort}`],
    ["address: 0.0.0.0, port_value: 8443", `address: 127.0.0.1, port_value: ${port}`],
    // The certificates of a test are localhost's.
    ["sni: greeter", "sni: localhost"],
    ["exact: greeter", "exact: localhost"],
    [
      endpoint,
      backends.map((backend) =>
        `$1- endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${backend} } } }\n`
      ).join(""),
    ],
  ];
  let config = deployed;
  for (const [from, to] of replacements) {
    const replaced = config.replace(from, to);
    if (replaced === config) throw new Error(`Cannot find ${from} in ${DEPLOYED}`);
    config = replaced;
  }
  return change(config.replaceAll("/etc/envoy/tls/", certs.pathname));
}
