/**
 * Two servers behind nginx, each of them drained and started again while calls go on: not one fails.
 * nginx has the configuration of `docs/proxies.md`, by which no call is made a second time.
 */

import { assertEquals, assertGreater } from "@std/assert";
import type { RunOptions } from "../../mod.ts";
import { findPort, type Nginx, startNginx } from "../support/nginx.ts";
import {
  assertExitsWell,
  createWorkFolder,
  type Program,
  startProgram,
} from "../support/program.ts";
import { reportLeftOut, systemTool } from "../support/tools.ts";
import type { BackendTask } from "./support/backend_main.ts";
import { startNodeLoad } from "./support/node_process.ts";

const HAS_NGINX = await systemTool("nginx", "-v") !== undefined;
const HAS_NODE = await systemTool("node") !== undefined;
reportLeftOut();
const ignore = !HAS_NGINX || !HAS_NODE;

const BACKEND = new URL("./support/backend_main.ts", import.meta.url);
const CALLS_BETWEEN = 300;

/** How a server is taken out of service. */
interface Procedure {
  readonly title: string;
  /** Whether nginx speaks TLS with the servers, and shows its certificate. */
  readonly isMtls: boolean;
  readonly options: RunOptions;
  /** Whether the client tries streams again that nginx refuses, as it does when it reloads. */
  readonly retries: boolean;
  /** Changes the page's configuration. */
  readonly change?: (config: string) => string;
  /** What is done between SIGTERM and the server's end, where there are those that stay. */
  prepare?(nginx: Nginx, staying: readonly number[]): Promise<void>;
}

const PROCEDURES: readonly Procedure[] = [
  {
    title: "over mTLS, by SIGTERM alone",
    isMtls: true,
    options: { gracefulTimeout: "10s" },
    retries: false,
  },
  {
    title: "over mTLS, by SIGTERM alone, with a connection for almost each call",
    isMtls: true,
    options: { gracefulTimeout: "10s" },
    retries: false,
    change: (config) => config.replace("keepalive 32;", "keepalive 1;"),
  },
  {
    title: "over plaintext, by SIGTERM, and nginx told during lameDuck",
    isMtls: false,
    options: { lameDuck: "2s", gracefulTimeout: "10s" },
    retries: true,
    change: (config) => config.replace("grpcs://", "grpc://"),
    prepare: (nginx, staying) => nginx.useBackends(staying),
  },
];

for (const { title, isMtls, options, retries, change, prepare } of PROCEDURES) {
  Deno.test({
    name: `nginx loses no call while servers restart in turn, ${title}`,
    ignore,
    async fn() {
      await using stack = new AsyncDisposableStack();
      const certs = new URL(`file://${stack.use(await createWorkFolder()).path}/certs/`);
      const ports = [findPort(), findPort()] as const;
      const start = async (name: string, port: number) =>
        stack.use(await startBackend({ name, port, certs, isMtls, options }));
      const programs = [await start("first", ports[0]), await start("second", ports[1])] as const;
      const nginx = stack.use(
        await startNginx({ backends: ports, certs, ...(change && { change }) }),
      );
      const ca = new URL("ca.pem", certs).pathname;
      const load = stack.use(await startNodeLoad({ port: nginx.tlsPort, ca, retries }));
      await load.goOn(CALLS_BETWEEN);
      for (const [index, name] of ["first again", "second again"].entries()) {
        const [program, port] = [programs[index]!, ports[index]!];
        program.kill("SIGTERM");
        await program.printed(/Shutting down gracefully/);
        await prepare?.(nginx, ports.filter((each) => each !== port));
        await assertExitsWell(program);
        await load.goOn(CALLS_BETWEEN);
        await start(name, port);
        await prepare?.(nginx, ports);
        await load.goOn(CALLS_BETWEEN);
      }
      const outcomes = await load.stop();
      const errors = (await nginx.errors()).filter((line) => !line.includes("Connection refused"));
      const { first, second, "first again": third, "second again": fourth, ...failed } = outcomes;
      assertEquals(failed, {}, errors.join("\n"));
      for (const served of [first, second, third, fourth]) assertGreater(served ?? 0, 0);
    },
  });
}

interface BackendOptions {
  readonly name: string;
  readonly port: number;
  readonly certs: URL;
  readonly isMtls: boolean;
  readonly options: RunOptions;
}

async function startBackend(backend: BackendOptions): Promise<Program> {
  const { name, port, certs, isMtls, options } = backend;
  const path = (file: string) => new URL(file, certs).pathname;
  const task: BackendTask = {
    name,
    run: {
      port,
      ...options,
      ...(isMtls && {
        sslCertificateChain: path("server.pem"),
        sslPrivateKey: path("server-key.pem"),
        caCertificate: path("ca.pem"),
      }),
    },
  };
  const program = startProgram(BACKEND, {
    args: [JSON.stringify(task)],
    flags: ["--allow-net=127.0.0.1", `--allow-read=${certs.pathname}`],
  });
  await program.listening;
  return program;
}
