import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { parse } from "@std/yaml";
import { resolveDuration } from "../../src/duration.ts";
import { readStages, valuesOf } from "../support/dockerfile.ts";

const ROOT = new URL("../../", import.meta.url);
/** After `lameDuck` and `gracefulTimeout`, until the process is gone, and workers that hang are killed. */
const REST_MS = 5500;

const read = (path: string) => Deno.readTextFile(new URL(path, ROOT));
// deno-lint-ignore no-explicit-any
const readYaml = async (path: string): Promise<any> => parse(await read(path));

const CONFIG = await readYaml("deploy/kubernetes/fastgrpc.yaml");
const { spec: DEPLOYMENT } = await readYaml("deploy/kubernetes/deployment.yaml");
const POD = DEPLOYMENT.template.spec;
const [CONTAINER] = POD.containers;
const UNIT = await read("deploy/systemd/greeter.service");
const STAGES = await readStages();

const PORTS = [CONFIG.port, CONFIG.healthPort, CONFIG.adminPort];

Deno.test("deploy/ has one set of ports", async () => {
  const containerPorts = CONTAINER.ports.map((each: { containerPort: number }) =>
    each.containerPort
  );
  assertEquals(containerPorts, PORTS);
  for (const image of ["", "script"]) {
    assertEquals(valuesOf(STAGES, image, "EXPOSE"), [PORTS.join(" ")]);
    const [check] = valuesOf(STAGES, image, "HEALTHCHECK");
    assertStringIncludes(check!, `"health", "127.0.0.1:${CONFIG.healthPort}"`);
  }
  const { startupProbe, readinessProbe, livenessProbe } = CONTAINER;
  assertEquals(startupProbe.grpc, { port: CONFIG.healthPort });
  assertEquals(readinessProbe.grpc, { port: CONFIG.healthPort });
  assertEquals(livenessProbe.httpGet, { path: "/healthz", port: "admin" });
  assertEquals(CONTAINER.ports[2].name, "admin");
  const services = (await read("deploy/kubernetes/service.yaml")).matchAll(/ port: (\d+)/g);
  assertEquals([...services].map(([, port]) => Number(port)), [CONFIG.port, CONFIG.port]);
  const envoy = await read("deploy/envoy/envoy.yaml");
  assertStringIncludes(envoy, `greeter-headless, port_value: ${CONFIG.port} }`);
  const nginx = await read("deploy/nginx/greeter.conf");
  const backends = [...nginx.matchAll(/ server \S+:(\d+)/g)].map(([, port]) => Number(port));
  assertEquals(backends, [CONFIG.port, CONFIG.port]);
});

Deno.test("deploy/ kills no server before its time", () => {
  const wanted = resolveDuration("lameDuck", CONFIG.lameDuck) +
    resolveDuration("gracefulTimeout", CONFIG.gracefulTimeout) + REST_MS;
  assertGreater(POD.terminationGracePeriodSeconds * 1000, wanted);
  const [, seconds] = /^TimeoutStopSec=(\d+)s$/m.exec(UNIT)!;
  assertGreater(Number(seconds) * 1000, wanted);
});

Deno.test("deploy/ takes a server out of Envoy and of its Service within its lameDuck", async () => {
  const lameDuckMs = resolveDuration("lameDuck", CONFIG.lameDuck);
  const { periodSeconds, failureThreshold } = CONTAINER.readinessProbe;
  assertGreater(lameDuckMs, periodSeconds * failureThreshold * 1000);
  const envoy = await readYaml("deploy/envoy/envoy.yaml");
  const [check] = envoy.static_resources.clusters[0].health_checks;
  const intervalMs = resolveDuration("interval", check.interval);
  assertGreater(lameDuckMs, check.unhealthy_threshold * intervalMs);
  assertEquals(check.interval, check.no_traffic_interval);
  assertEquals(CONFIG.healthCheck, true);
});

Deno.test("deploy/ has one user, and files where the program looks for them", () => {
  const { runAsUser, runAsGroup, fsGroup } = POD.securityContext;
  assertEquals(valuesOf(STAGES, "", "USER"), [`${runAsUser}:${runAsGroup}`]);
  assertEquals(fsGroup, runAsGroup);
  const [folder] = valuesOf(STAGES, "", "WORKDIR");
  const mounts = new Map<string, string>(
    CONTAINER.volumeMounts.map((each: { name: string; mountPath: string }) => [
      each.name,
      each.mountPath,
    ]),
  );
  for (const name of ["sslCertificateChain", "sslPrivateKey", "caCertificate"]) {
    assertEquals(`${folder}/${CONFIG[name].split("/")[0]}`, mounts.get("tls"));
  }
  assertEquals(CONTAINER.args, JSON.parse(valuesOf(STAGES, "", "CMD")[0]!));
  assertEquals(
    CONTAINER.args[1],
    `--config=${mounts.get("config")!.slice(folder!.length + 1)}` + "/fastgrpc.yaml",
  );
  assertStringIncludes(UNIT, `WorkingDirectory=${folder}\n`);
  assertStringIncludes(UNIT, "ExecStart=/usr/local/bin/greeter serve --config=fastgrpc.yaml\n");
});

Deno.test("deploy/ gives metrics to who may ask for them", async () => {
  const { spec } = await readYaml("deploy/prometheus/pod_monitor.yaml");
  const [endpoint] = spec.podMetricsEndpoints;
  assertEquals([endpoint.port, endpoint.path], ["admin", "/metrics"]);
  assertEquals(spec.selector, DEPLOYMENT.selector);
  const { spec: { podSelector, ingress } } = await readYaml(
    "deploy/kubernetes/network_policy.yaml",
  );
  assertEquals(podSelector, DEPLOYMENT.selector);
  const open = ingress.flatMap((each: { ports: { port: string }[] }) => each.ports);
  assertEquals(open, [{ port: "grpc" }, { port: "admin" }]);
});

Deno.test("docs show the files of deploy/ as they are", async () => {
  let shown = 0;
  for (const page of ["docs/deploy.md", "docs/proxies.md"]) {
    const text = await read(page);
    for (const [, path, part] of text.matchAll(/^```\w+ title="(deploy\/.+)"\n([^]*?)^```$/gm)) {
      assert(`\n${await read(path!)}`.includes(`\n${part}`), `${page} shows another ${path}`);
      shown++;
    }
    const compile = /^deno compile [^]*?(?=^```$)/m.exec(text)?.[0];
    if (compile === undefined) continue;
    const [command] = valuesOf(STAGES, "compile", "RUN");
    assertEquals(
      compile.replace(/\s*\\?\s+/g, " ").trim(),
      command!.replace("/out/greeter", "dist/greeter"),
    );
    shown++;
  }
  assertEquals(shown, 3);
});
