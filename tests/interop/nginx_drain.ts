/**
 * Two servers behind nginx, each of them drained and started again while calls go on: not one fails.
 * nginx has the configuration of `deploy/nginx/`, by which no call is made a second time.
 */

import { assertEquals, assertGreater } from "@std/assert";
import type { RunOptions } from "../../mod.ts";
import { startNginx } from "../support/nginx.ts";
import { reportLeftOut, systemTool } from "../support/tools.ts";
import { startHttp2Load } from "./support/h2load.ts";
import { restartInTurn } from "./support/rolling_restart.ts";

const HAS_NGINX = await systemTool("nginx", "-v") !== undefined;
const HAS_NODE = await systemTool("node") !== undefined;
const HAS_H2LOAD = await systemTool("h2load") !== undefined;
reportLeftOut();
const ignore = !HAS_NGINX || !HAS_NODE;

/** How a server is taken out of service. */
interface Procedure {
  readonly title: string;
  /** Whether nginx speaks TLS with the servers, and shows its certificate. */
  readonly isMtls: boolean;
  readonly run: RunOptions;
  /** Whether the client tries streams again that nginx refuses, as it does when it reloads. */
  readonly retries: boolean;
  /** Changes the deployed configuration. */
  readonly change?: (config: string) => string;
  /** Whether nginx is told which servers are to get calls. */
  readonly isTold?: boolean;
}

const PROCEDURES: readonly Procedure[] = [
  {
    title: "over mTLS, by SIGTERM alone",
    isMtls: true,
    run: { gracefulTimeout: "10s" },
    retries: false,
  },
  {
    title: "over mTLS, by SIGTERM alone, with a connection for almost each call",
    isMtls: true,
    run: { gracefulTimeout: "10s" },
    retries: false,
    change: (config) => config.replace("keepalive 32;", "keepalive 1;"),
  },
  {
    title: "over plaintext, by SIGTERM, and nginx told during lameDuck",
    isMtls: false,
    run: { lameDuck: "2s", gracefulTimeout: "10s" },
    retries: true,
    change: (config) => config.replace("grpcs://", "grpc://"),
    isTold: true,
  },
];

for (const { title, isMtls, run, retries, change, isTold } of PROCEDURES) {
  Deno.test({
    name: `nginx loses no call while servers restart in turn, ${title}`,
    ignore,
    async fn() {
      const calls = await restartInTurn({
        isMtls,
        run,
        async front({ ports, certs }) {
          const nginx = await startNginx({ backends: ports, certs, ...(change && { change }) });
          const ca = new URL("ca.pem", certs).pathname;
          return {
            target: { port: nginx.tlsPort, ca, retries },
            ...(isTold && { useBackends: nginx.useBackends }),
            // Of the server that was away.
            errors: async () =>
              (await nginx.errors()).filter((line) => !line.includes("Connection refused")),
            [Symbol.asyncDispose]: () => nginx[Symbol.asyncDispose](),
          };
        },
      });
      assertGreater(calls, 1000);
    },
  });
}

Deno.test({
  name: "nginx loses no call of h2load either, by Connect, while servers restart in turn",
  ignore: ignore || !HAS_H2LOAD,
  async fn() {
    await using stack = new AsyncDisposableStack();
    await restartInTurn({
      isMtls: true,
      run: { gracefulTimeout: "10s" },
      async front({ ports, certs }) {
        const nginx = await startNginx({ backends: ports, certs });
        const http = stack.use(await startHttp2Load(`https://localhost:${nginx.tlsPort}`));
        return {
          target: { port: nginx.tlsPort, ca: new URL("ca.pem", certs).pathname, retries: false },
          async finish() {
            const { 200: succeeded, ...failed } = await http.stop();
            assertEquals(failed, {});
            assertGreater(succeeded ?? 0, 100);
          },
          [Symbol.asyncDispose]: () => nginx[Symbol.asyncDispose](),
        };
      },
    });
  },
});
