/**
 * What it costs a call to be observed, beside the call itself: the CPU time to begin, to enter a
 * handler and to end, with nobody registered with OpenTelemetry's API, with Prometheus' metrics, and
 * with both. Started under `OTEL_DENO=true` and with where to export to, it shows what Deno's own
 * exporter adds.
 *
 * @module
 */

import process from "node:process";
import type { CallStart } from "../src/call_observer.ts";
import { startObservation } from "../src/telemetry/observation.ts";

const CALLS = 20_000;
const ROUNDS = 7;

const start = {
  stream: {
    headers: {
      ":path": "/greeter.v1.Greeter/SayHello",
      "content-type": "application/grpc",
      "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    },
    authority: "127.0.0.1:50051",
    peer: { address: "127.0.0.1", port: 40_000, encrypted: false, certificate: undefined },
  },
  ...{ protocol: "grpc", path: "greeter.v1.Greeter/SayHello", method: {} },
} as unknown as CallStart;
const OK = { error: undefined, thrown: undefined };

for (
  const [title, wanted] of Object.entries({
    "telemetry": { telemetry: true, prometheus: false },
    "admin port": { telemetry: false, prometheus: true },
    "both": { telemetry: true, prometheus: true },
  })
) {
  const counts = { callCount: 0, connectionCount: 0 };
  const { observer, close } = await startObservation({ ...wanted, counts });
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < CALLS; i++) {
      const call = observer.begin(start)!;
      call.run(() => i);
      call.end(OK);
    }
    const { user, system } = process.cpuUsage(before);
    rounds.push((user + system) / CALLS);
  }
  await close();
  const median = rounds.sort((a, b) => a - b)[ROUNDS >> 1]!;
  console.log(`${title}: ${median.toFixed(2)} µs of CPU time a call`);
}
