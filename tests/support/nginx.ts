/**
 * nginx as a child process, in a temporary folder and on ports of the loopback, with the
 * configuration of `deploy/nginx/`, which `docs/proxies.md` shows to operators.
 *
 * @module
 */

import { createTempDirectory } from "./pem_files.ts";

const DEPLOYED = new URL("../../deploy/nginx/", import.meta.url);
/** Below the ports that systems give out by themselves: one that was free stays so. */
const [FIRST_PORT, PORT_COUNT] = [20_000, 10_000];
const ATTEMPTS = 5;
const BOUND_MS = 5000;
const WORKERS = 2;
const TEMPORARY_PATHS = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
  .map((name) => `${name}_temp_path ${name};`).join("\n");

/** Options for {@linkcode startNginx}. */
export interface NginxOptions {
  /** Ports of the servers behind it. */
  readonly backends: readonly number[];
  /** Folder with the PEM files, named as the kit's development certificates. */
  readonly certs: URL;
  /** Changes the configuration of the server, `greeter.conf`. */
  readonly change?: (config: string) => string;
}

/** A running nginx, ended with the test's block. */
export interface Nginx extends AsyncDisposable {
  /** Port with TLS, for HTTP/2 and HTTP/1.1. */
  readonly tlsPort: number;
  /** Port for HTTP/2 without TLS. */
  readonly plaintextPort: number;
  /** Sends no more calls to the servers but these, as an operator does: writes it down, and reloads. */
  useBackends(ports: readonly number[]): Promise<void>;
  /** What it has complained of so far, without what differs from call to call. */
  errors(): Promise<string[]>;
}

/** Starts it, and waits until it listens. */
export async function startNginx(options: NginxOptions): Promise<Nginx> {
  for (let attempt = 1;; attempt++) {
    const nginx = await tryNginx(options);
    if (typeof nginx !== "string") return nginx;
    if (attempt === ATTEMPTS || !nginx.includes("Address already in use")) throw new Error(nginx);
  }
}

/** A port of the loopback that nobody listens on, and that no connection is given by chance. */
export function findPort(): number {
  while (true) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORT_COUNT);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

/** Gives what it complained of if it does not start. */
async function tryNginx({ backends, certs, change }: NginxOptions): Promise<Nginx | string> {
  await using stack = new AsyncDisposableStack();
  const { directory } = stack.use(await createTempDirectory());
  const ports = { tlsPort: findPort(), plaintextPort: findPort() };
  const configure = async (used: readonly number[]) => {
    const config = await readConfig({ ...ports, backends, used, certs });
    await Deno.writeTextFile(new URL("greeter.conf", directory), change?.(config) ?? config);
  };
  await Deno.writeTextFile(new URL("nginx.conf", directory), await readFrame());
  await configure(backends);
  const child = new Deno.Command("nginx", {
    args: ["-p", directory.pathname, "-c", "nginx.conf", "-e", "error.log", "-g", "daemon off;"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let hasEnded = false;
  const ended = child.status.then(() => hasEnded = true);
  stack.defer(async () => {
    if (!hasEnded) child.kill("SIGTERM");
    await ended;
  });
  const log = async () => {
    const text = await Deno.readTextFile(new URL("error.log", directory)).catch(() => "");
    return text.split("\n");
  };
  const errors = async () =>
    (await log()).filter((line) => /\[(?:warn|error|crit|alert|emerg)\]/.test(line))
      .map((line) => line.replace(/^.*?\d+#\d+: (?:\*\d+ )?|, client: .*$/g, ""));
  const until = async (condition: () => Promise<boolean>) => {
    const bound = performance.now() + BOUND_MS;
    while (!await condition()) {
      if (!hasEnded && performance.now() < bound) continue;
      return `nginx is not up to date:\n${(await errors()).join("\n")}`;
    }
  };
  const failure = await until(() => accepts(ports.tlsPort));
  if (failure !== undefined) return failure;
  let goneWorkers = 0;
  const rest = stack.move();
  return {
    ...ports,
    async useBackends(used) {
      await configure(used);
      child.kill("SIGHUP");
      goneWorkers += WORKERS;
      const failure = await until(async () =>
        (await log()).filter((line) => line.endsWith(": gracefully shutting down")).length >=
          goneWorkers
      );
      if (failure !== undefined) throw new Error(failure);
    },
    errors,
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

interface Places extends Pick<NginxOptions, "backends" | "certs"> {
  readonly tlsPort: number;
  readonly plaintextPort: number;
  /** Those of the servers that get calls. */
  readonly used: readonly number[];
}

/** The configuration of the server, with addresses and paths of this test. */
async function readConfig(places: Places): Promise<string> {
  const { backends, used, certs, tlsPort, plaintextPort } = places;
  let number = 0;
  const config = await readDeployed("greeter.conf", [
    [
      "listen 443 ssl http2;",
      `listen 127.0.0.1:${tlsPort} ssl http2; listen 127.0.0.1:${plaintextPort} http2;`,
    ],
    ["grpc_ssl_name greeter;", "grpc_ssl_name localhost;"],
  ]);
  return config
    .replaceAll(/ {2}server \S+:50051(.*);\n/g, (_, parameters) => {
      const port = backends[number++];
      if (port === undefined) return "";
      return `  server 127.0.0.1:${port}${parameters}${used.includes(port) ? "" : " down"};\n`;
    })
    .replaceAll("/etc/nginx/tls/", certs.pathname);
}

/** What is around it, kept within nginx's folder. */
function readFrame(): Promise<string> {
  return readDeployed("nginx.conf", [
    ["user nginx;", Deno.uid() === 0 ? "user root;" : ""],
    ["worker_processes auto;", `worker_processes ${WORKERS};`],
    // More than a test's own limit of files may be.
    ["worker_rlimit_nofile 65536;", ""],
    ["worker_connections 16384;", "worker_connections 512;"],
    ["/var/log/nginx/error.log", "error.log"],
    ["/run/nginx.pid", "nginx.pid"],
    ["/etc/nginx/conf.d/greeter.conf", "greeter.conf"],
    ["access_log off;", `access_log off;\n${TEMPORARY_PATHS}`],
  ]);
}

/** @throws {Error} If the file has none of what is to be replaced. */
async function readDeployed(
  name: string,
  replacements: readonly (readonly [from: string, to: string])[],
): Promise<string> {
  let text = await Deno.readTextFile(new URL(name, DEPLOYED));
  for (const [from, to] of replacements) {
    if (!text.includes(from)) throw new Error(`Cannot find "${from}" in ${name}`);
    text = text.replace(from, to);
  }
  return text;
}

async function accepts(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}
