/**
 * The container of `deploy/`, without a container: the program of the image `script`, with the image's
 * permissions, the files that Kubernetes mounts, and no cache.
 *
 * @module
 */

import type { ClientTlsFiles } from "../../src/client/client_tls.ts";
import { ensureDevCerts } from "../../src/dev_certs/dev_certs.ts";
import { type CommandResult, runCommand } from "./command.ts";
import { readStages, runStage, type Stage, valuesOf } from "./dockerfile.ts";
import { mountFiles } from "./mounted_files.ts";
import { findPort } from "./nginx.ts";
import { createTempDirectory } from "./pem_files.ts";
import { type Program, startCommand } from "./program.ts";

const CONFIG = new URL("../../deploy/kubernetes/fastgrpc.yaml", import.meta.url);
const IMAGE = "script";
/** Those of the image. */
const PATHS = { deno: "/bin/deno", script: "/usr/local/lib/greeter.js", folder: "/etc/greeter" };
const HEALTH_ADDRESS = "127.0.0.1:8086";

/** A container, ended with the test's block. */
export interface Container extends AsyncDisposable {
  readonly ports: { readonly grpc: number; readonly health: number; readonly admin: number };
  /** Starts the program with the image's command. */
  start(env?: Record<string, string>): Program;
  /** Runs what the image has for `HEALTHCHECK`. */
  checkHealth(): Promise<CommandResult>;
  /**
   * Makes certificates with a CA of their own, and mounts them as the Secret.
   *
   * @returns What clients have to show and to trust then.
   */
  mountSecret(): Promise<ClientTlsFiles>;
}

/** Prepares a container. Its ConfigMap is mounted, and no Secret yet. */
export async function createContainer(): Promise<Container> {
  await using stack = new AsyncDisposableStack();
  const stages = await readStages();
  const { out } = stack.use(await runStage(stages, "bundle"));
  const { directory } = stack.use(await createTempDirectory());
  const folder = new URL("greeter", directory).pathname;
  const ports = { grpc: findPort(), health: findPort(), admin: findPort() };
  const config = await Deno.readTextFile(CONFIG);
  await mountFiles(`${folder}/config`, { "fastgrpc.yaml": config });
  const toHere = (part: string) =>
    part.replace(PATHS.deno, Deno.execPath())
      .replace(PATHS.script, new URL("greeter.js", out).pathname)
      .replace(PATHS.folder, folder)
      .replace(HEALTH_ADDRESS, `127.0.0.1:${ports.health}`);
  const surroundings = (more: Record<string, string> = {}) => ({
    cwd: folder,
    env: {
      // The root of the file system is read-only: there is no cache.
      DENO_DIR: "/dev/null/deno",
      FASTGRPC_PORT: String(ports.grpc),
      FASTGRPC_HEALTH_PORT: String(ports.health),
      FASTGRPC_ADMIN_PORT: String(ports.admin),
      ...more,
    },
  });
  let secrets = 0;
  const rest = stack.move();
  return {
    ports,
    start: (env) =>
      startCommand(
        [...commandOf(stages, "ENTRYPOINT"), ...commandOf(stages, "CMD")].map(toHere),
        surroundings(env),
      ),
    checkHealth() {
      const [command, ...args] = commandOf(stages, "HEALTHCHECK").map(toHere);
      return runCommand(command!, args, surroundings());
    },
    async mountSecret() {
      const certs = new URL(`certs-${++secrets}`, directory).pathname;
      await ensureDevCerts({ directory: certs });
      const read = (name: string) => Deno.readTextFile(`${certs}/${name}`);
      await mountFiles(`${folder}/tls`, {
        "tls.crt": await read("server.pem"),
        "tls.key": await read("server-key.pem"),
        "ca.crt": await read("ca.pem"),
      });
      return {
        caCertificate: `${certs}/ca.pem`,
        clientCertificateChain: `${certs}/client.pem`,
        clientPrivateKey: `${certs}/client-key.pem`,
      };
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

function commandOf(stages: readonly Stage[], instruction: string): string[] {
  const [value] = valuesOf(stages, IMAGE, instruction);
  return JSON.parse(value!.replace(/^.*CMD /, ""));
}
