/**
 * Calls through Envoy with the configuration of `deploy/envoy/`: it takes them over TLS, and passes
 * them on over mTLS. Two servers behind it are drained and started again while calls go on, and not
 * one fails.
 */

import { assertEquals, assertGreater, assertLess, assertMatch } from "@std/assert";
import { Code } from "@connectrpc/connect";
import { runCommand, transcript } from "../support/command.ts";
import { GREETER_CALLS } from "../support/greeter_calls.ts";
import { createWorkFolder } from "../support/program.ts";
import { pythonTool, reportLeftOut, systemTool } from "../support/tools.ts";
import { eventually } from "../support/waiting.ts";
import { configureEnvoy, startEnvoy } from "./support/envoy.ts";
import { type NodeClient, startNodeClient } from "./support/node_process.ts";
import { serveMtls } from "./support/proxied_greeter.ts";
import { restartInTurn } from "./support/rolling_restart.ts";

const ENVOY = await pythonTool("envoy");
const HAS_NODE = await systemTool("node") !== undefined;
reportLeftOut();
/** Two checks, two seconds apart. */
const HEALTH_BOUND_MS = 10_000;
const ignore = ENVOY === undefined || !HAS_NODE;

Deno.test({
  name: "envoy looks at its configuration",
  ignore: ENVOY === undefined,
  async fn(t) {
    await using folder = await createWorkFolder();
    const certs = new URL(`file://${folder.path}/certs/`);
    const validate = async (change: (config: string) => string) => {
      const ports = { port: 18_443, adminPort: 19_901 };
      const config = await configureEnvoy({ backends: [50_051], certs, change }, ports);
      await Deno.writeTextFile(`${folder.path}/envoy.yaml`, config);
      const args = ["--mode", "validate", "--config-path", `${folder.path}/envoy.yaml`];
      return await runCommand(ENVOY!, [...args, "--log-level", "warning"]);
    };
    await t.step("finds no fault with its configuration", async () => {
      const result = await validate((config) => config);
      assertEquals(result.code, 0, transcript(result));
      // Deprecated fields and the like.
      assertEquals(result.stderr, "");
    });
    await t.step("finds a field that there is not", async () => {
      const result = await validate((config) => config.replace("lb_policy:", "lb_polity:"));
      assertMatch(transcript(result), /lb_polity/);
      assertEquals(result.code, 1);
    });
  },
});

Deno.test({
  name: "envoy over TLS",
  ignore,
  async fn(t) {
    await using setting = await serveMtls();
    const { greeter, certs, ca, callCount, lastCall } = setting;
    await using envoy = await startEnvoy({ path: ENVOY!, backends: [greeter.port], certs });
    await using client = await startNodeClient({ port: envoy.port, ca: ca.pathname });

    await t.step("calls all four kinds of method", async () => {
      for (const { method, requests, replies } of GREETER_CALLS) {
        const call = { method: `${method[0]!.toLowerCase()}${method.slice(1)}`, requests };
        const { code, messages } = await client.call(call as Parameters<NodeClient["call"]>[0]);
        assertEquals([code, messages], [0, replies]);
      }
    });

    await t.step("has a deadline that reaches the handler", async () => {
      const call = { method: "sayHello", requests: [{ name: "wait" }], timeoutMs: 300 } as const;
      assertEquals((await client.call(call)).code, Code.DeadlineExceeded);
      await eventually("the handler ends", () => greeter.server.callCount === 0);
      assertGreater(lastCall().timeRemaining, 0);
    });

    await t.step("cancels, and the handler ends", async () => {
      const call = {
        method: "sayHelloTimes",
        requests: [{ name: "wait" }],
        cancelAfter: 1,
      } as const;
      const { code, messages } = await client.call(call);
      assertEquals([code, messages], [Code.Canceled, ["first"]]);
      await eventually("the handler ends", () => greeter.server.callCount === 0);
    });

    await t.step("is known to the handler by the certificate of Envoy", () => {
      assertEquals(lastCall().certificate!.subject, "CN=fastgrpc-dev-client");
    });

    await t.step("does not repeat a call that was answered UNAVAILABLE", async () => {
      const before = callCount();
      const call = { method: "sayHello", requests: [{ name: "unavailable" }] } as const;
      assertEquals((await client.call(call)).code, Code.Unavailable);
      assertEquals(callCount() - before, 1);
    });

    await t.step("gives a server up that says NOT_SERVING", async () => {
      const healthy = () => envoy.statistic("cluster.greeter.membership_healthy");
      assertEquals(await healthy(), 1);
      greeter.app.health.set("", "NOT_SERVING");
      const until = performance.now() + HEALTH_BOUND_MS;
      while (await healthy() === 1) assertLess(performance.now(), until);
    });
  },
});

Deno.test({
  name: "envoy loses no call while servers restart in turn, over mTLS",
  ignore,
  async fn() {
    const calls = await restartInTurn({
      isMtls: true,
      run: { healthCheck: true, gracefulTimeout: "10s", lameDuck: "5s" },
      async front({ ports, certs }) {
        const envoy = await startEnvoy({ path: ENVOY!, backends: ports, certs });
        return {
          target: { port: envoy.port, ca: new URL("ca.pem", certs).pathname, retries: false },
          [Symbol.asyncDispose]: () => envoy[Symbol.asyncDispose](),
        };
      },
    });
    assertGreater(calls, 1000);
  },
});
