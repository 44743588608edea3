import { assertEquals, assertThrows } from "@std/assert";
import type { MountOptions, ServeOptions } from "../mod.ts";
import { resolveMountOptions, resolveServeOptions } from "../src/serve_options.ts";

Deno.test("resolveServeOptions() changes nothing by default", () => {
  assertEquals(resolveServeOptions({}), {
    port: 50051,
    hostname: undefined,
    engine: "node",
    gracefulTimeoutMs: 0,
    lameDuckMs: 0,
    healthCheck: false,
    reflection: false,
    telemetry: false,
    sidePorts: { hostname: undefined, healthPort: undefined, adminPort: undefined },
    maxConcurrentStreams: 200,
    limits: {
      maxConnections: 10_000,
      maxHeaderListBytes: 16_384,
      maxResetsPerSecond: 100,
      handshakeTimeoutMs: 10_000,
      maxConnectionIdleMs: 1_800_000,
      maxConnectionAgeMs: Infinity,
      maxConnectionAgeGraceMs: Infinity,
      keepaliveIntervalMs: 7_200_000,
      keepaliveTimeoutMs: 20_000,
    },
    certificateReloadMs: 5000,
    signal: undefined,
    tls: {},
  });
});

Deno.test("resolveServeOptions() leaves the caller's object alone", () => {
  const options: ServeOptions = Object.freeze({ port: 0, gracefulTimeout: "30s" });
  assertEquals(resolveServeOptions(options).gracefulTimeoutMs, 30_000);
});

const SERVE_MISUSES: readonly [ServeOptions, string][] = [
  [{ port: -1 }, `Cannot use -1 as "port"`],
  [{ port: 65536 }, `"port"`],
  [{ port: 80.5 }, `"port"`],
  [{ port: "80" as unknown as number }, `"port"`],
  [{ port: NaN }, `"port"`],
  [{ engine: "dircet" as "direct" }, `Cannot use "dircet" as "engine": did you mean "direct"?`],
  [{ hostname: "" }, `Cannot use "" as "hostname": leave it out for all`],
  [{ gracefulTimeout: "soon" }, `Cannot use "soon" as "gracefulTimeout"`],
  [{ lameDuck: -1 }, `"lameDuck"`],
  [{ handshakeTimeout: 0 }, `"handshakeTimeout"`],
  [{ maxConnections: 0 }, `Cannot use 0 as "maxConnections"`],
  [{ maxHeaderListBytes: 1023 }, `"maxHeaderListBytes"`],
  [{ maxHeaderListBytes: 65_537 }, `"maxHeaderListBytes"`],
  [{ maxConnectionIdle: null as unknown as string }, `"maxConnectionIdle"`],
  [{ maxResetsPerSecond: 0.5 }, `"maxResetsPerSecond"`],
  [{ maxConcurrentStreams: 2 ** 31 }, `"maxConcurrentStreams"`],
  [{ maxConnectionIdle: "0s" }, `"maxConnectionIdle"`],
  [{ maxConnectionAge: -1 }, `"maxConnectionAge"`],
  [{ maxConnectionAge: 1, maxConnectionAgeGrace: NaN }, `"maxConnectionAgeGrace"`],
  [{ maxConnectionAgeGrace: 1 }, `without a "maxConnectionAge"`],
  [{ keepaliveInterval: "2 hours" }, `"keepaliveInterval"`],
  [{ keepaliveTimeout: 0 }, `"keepaliveTimeout"`],
  [{ certificateReload: NaN }, `"certificateReload"`],
  [{ caCertficate: "ca.pem" } as ServeOptions, `did you mean "caCertificate"?`],
];

for (const [options, message] of SERVE_MISUSES) {
  Deno.test(`resolveServeOptions() refuses ${JSON.stringify(options)}`, () => {
    assertThrows(() => resolveServeOptions(options), Error, message);
  });
}

Deno.test("resolveMountOptions() refuses what belongs to the user's own server", () => {
  assertThrows(
    () => resolveMountOptions({ port: 50051 } as MountOptions),
    TypeError,
    `Cannot mount the app with option "port"`,
  );
});
