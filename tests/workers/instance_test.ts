import { assertEquals } from "@std/assert";
import { withInstance } from "../../src/workers/instance.ts";
import { startCollector } from "../support/otlp_collector.ts";
import { assertExitsWell, startProgram } from "../support/program.ts";
import { eventually } from "../support/waiting.ts";
import { WORKER_FLAGS } from "../support/worker_greeter.ts";

const MAIN = new URL("../support/worker_greeter_main.ts", import.meta.url);

for (
  const [attributes, expected] of [
    ["", "service.instance.id=7"],
    ["a=1, b=2", "a=1,b=2,service.instance.id=7"],
    ["service.instance.id=pod-1,a=1", "a=1,service.instance.id=pod-1.7"],
    ["service.instance.ids=x", "service.instance.ids=x,service.instance.id=7"],
  ] as const
) {
  Deno.test(`withInstance() adds to "${attributes}"`, () => {
    assertEquals(withInstance(attributes, "7"), expected);
  });
}

Deno.test("workers export what they count as instances of their own", async () => {
  await using collector = startCollector();
  await using greeter = startProgram(MAIN, {
    flags: [...WORKER_FLAGS, "--allow-env=OTEL_RESOURCE_ATTRIBUTES"],
    env: { ...collector.env("server"), OTEL_RESOURCE_ATTRIBUTES: "service.instance.id=pod" },
    args: [JSON.stringify({ run: { telemetry: true } })],
  });
  const instances = () =>
    new Set(
      collector.points.filter(({ metric }) => metric === "fastgrpc.server.connections")
        .map(({ instance }) => String(instance)),
    );
  await greeter.printed(/^port/m);
  await eventually("both have told of themselves", () => instances().size === 2, 10_000);
  for (const each of instances()) assertEquals(each.slice(0, 4), "pod.");
  greeter.kill("SIGTERM");
  await assertExitsWell(greeter);
});
