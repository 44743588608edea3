import { assertEquals } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import * as mod from "../mod.ts";

Deno.test("mod.ts exports what is public, and nothing by accident", () => {
  assertEquals(Object.keys(mod).sort(), [
    "Code",
    "ConfigError",
    "ConnectError",
    "FastGRPC",
    "Service",
    "contextOf",
    "createContextKey",
  ]);
});

Deno.test("all entries document every symbol of ours", async () => {
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--lint", ...Object.values(config.exports)],
    cwd: new URL("../", import.meta.url),
    env: { NO_COLOR: "1" },
  }).output();
  // Types of npm packages that our signatures name are documented there.
  const missing = new TextDecoder().decode(stderr)
    .split("error[")
    .filter((each) => each.startsWith("missing-jsdoc") && !each.includes("/npm/"));
  assertEquals(missing, []);
});

Deno.test("mod.ts loads neither health, reflection, telemetry nor certificates until they are asked for", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "mod.ts"],
    cwd: new URL("../", import.meta.url),
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  const graph = JSON.parse(new TextDecoder().decode(stdout)) as ModuleGraph;
  const atOnce = reachable(graph, { dynamic: false });
  const inAll = reachable(graph, { dynamic: true });
  const count = (urls: readonly string[], name: string) =>
    urls.filter((url) => url.endsWith(`/${name}`)).length;
  assertEquals(count(atOnce, "src/app.ts"), 1);
  const lazily = [
    ...["src/health.ts", "health_pb.ts"],
    ...["src/reflection.ts", "v1/reflection_pb.ts", "v1alpha/reflection_pb.ts"],
    "transport/client_certificate.ts",
    ...["side_ports/health_port.ts", "side_ports/admin_port.ts"],
    ...["telemetry/observation.ts", "telemetry/prometheus.ts"],
  ];
  for (const lazy of lazily) {
    assertEquals([count(atOnce, lazy), count(inAll, lazy)], [0, 1], lazy);
  }
  assertEquals(count(atOnce, "dev_certs.ts"), 0);
  const packages = (urls: readonly string[]) => {
    const names = urls.map((url) => /^npm:\/?((?:@[^/]+\/)?[^/@]+)/.exec(url)?.[1]);
    return [...new Set(names)].filter((name) => name !== undefined).sort();
  };
  const needed = ["@bufbuild/protobuf", "@connectrpc/connect", "@logtape/logtape", "leven"];
  assertEquals(packages(atOnce), needed);
  const forMtls = ["@peculiar/asn1-schema", "@peculiar/asn1-x509"];
  const forTelemetry = ["api", "exporter-prometheus", "sdk-metrics"];
  assertEquals(
    packages(inAll),
    [...needed, ...forMtls, ...forTelemetry.map((name) => `@opentelemetry/${name}`)].sort(),
  );
});

interface ModuleGraph {
  readonly roots: readonly string[];
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly code?: { readonly specifier?: string };
      readonly isDynamic?: boolean;
    }[];
  }[];
}

/** Modules that are needed before others run, or also those that may be loaded later. */
function reachable({ roots, modules }: ModuleGraph, { dynamic }: { dynamic: boolean }): string[] {
  const bySpecifier = new Map(modules.map((module) => [module.specifier, module]));
  const found = new Set(roots);
  for (const specifier of found) {
    for (const { code, isDynamic } of bySpecifier.get(specifier)?.dependencies ?? []) {
      if (code?.specifier !== undefined && (dynamic || !isDynamic)) found.add(code.specifier);
    }
  }
  return [...found];
}
