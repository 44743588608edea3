import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { ConnectError } from "@connectrpc/connect";
import "../support/shield_clients.ts";
import { Health, HealthCheckResponse_ServingStatus } from "../../gen/grpc/health/v1/health_pb.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { createClient } from "../../src/client.ts";
import type { ClientTlsFiles } from "../../src/client/client_tls.ts";
import { transcript } from "../support/command.ts";
import { type Container, createContainer } from "../support/container.ts";
import { assertExitsWell } from "../support/program.ts";

const { SERVING, NOT_SERVING } = HealthCheckResponse_ServingStatus;
/** Longer than what is asked meanwhile takes; another signal ends it. */
const LAME_DUCK = { FASTGRPC_LAME_DUCK: "1m" };
const BOUND_MS = 10_000;

Deno.test("the container serves over mTLS, and answers probes on the other ports", async () => {
  await using container = await createContainer();
  const files = await container.mountSecret();
  await using program = container.start(LAME_DUCK);
  await program.listening;
  assertEquals(await greet(container, files), "Hello Ada");
  const { caCertificate } = files;
  await assertRejects(() => greet(container, { caCertificate: caCertificate! }), ConnectError);
  assertEquals(await askHealth(container), SERVING);
  const check = await container.checkHealth();
  assertEquals(check.code, 0, transcript(check));
  assertEquals(await statusOf(container, "/healthz"), 200);
  assertEquals(await statusOf(container, "/readyz"), 200);
  const metrics = await fetch(`http://127.0.0.1:${container.ports.admin}/metrics`);
  assertMatch(await metrics.text(), /^rpc_server_call_duration_seconds_count\{.*\} 1$/m);

  program.kill("SIGTERM");
  await program.printed(/Shutting down gracefully/);
  // The time of lameDuck: probes say that it goes, and it still serves.
  assertEquals(await askHealth(container), NOT_SERVING);
  assertEquals(await statusOf(container, "/readyz"), 503);
  assertEquals(await statusOf(container, "/healthz"), 200);
  assert((await container.checkHealth()).code !== 0, "HEALTHCHECK finds it healthy");
  assertEquals(await greet(container, files), "Hello Ada");
  program.kill("SIGTERM");
  await assertExitsWell(program);
});

Deno.test("the container takes a Secret that is replaced, without a restart", async () => {
  await using container = await createContainer();
  const old = await container.mountSecret();
  await using program = container.start({ FASTGRPC_CERTIFICATE_RELOAD: "20ms" });
  await program.listening;
  assertEquals(await greet(container, old), "Hello Ada");
  const renewed = await container.mountSecret();
  const until = performance.now() + BOUND_MS;
  let answer: string | undefined;
  while (answer === undefined && performance.now() < until) {
    answer = await greet(container, renewed).catch(() => undefined);
  }
  assertEquals(answer, "Hello Ada");
  await assertRejects(() => greet(container, old), ConnectError);
});

Deno.test("the container ends with 2 where its set-up is wrong, as systemd's unit wants it", async () => {
  const unit = await Deno.readTextFile(
    new URL("../../deploy/systemd/greeter.service", import.meta.url),
  );
  assertStringIncludes(unit, "RestartPreventExitStatus=2\n");
  await using container = await createContainer();
  await using program = container.start();
  assertEquals((await program.status).code, 2, program.output());
  assertStringIncludes(program.output(), "tls/tls.crt");
});

/** Calls it on a connection of its own. */
async function greet({ ports }: Container, tls: ClientTlsFiles): Promise<string> {
  await using client = createClient(Greeter, `https://localhost:${ports.grpc}`, { tls });
  return (await client.sayHello({ name: "Ada" })).message;
}

async function askHealth({ ports }: Container): Promise<HealthCheckResponse_ServingStatus> {
  await using client = createClient(Health, `http://127.0.0.1:${ports.health}`);
  return (await client.check({})).status;
}

async function statusOf({ ports }: Container, path: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${ports.admin}${path}`);
  await response.body?.cancel();
  return response.status;
}
