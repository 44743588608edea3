/**
 * A client that does nothing wrong, in a thread of its own so that an attacker in the test's thread
 * does not slow it down: calls one after the other on a connection that it keeps, and each tenth on
 * a new one. `attack.ts` starts it with the port and the CA, and gets a {@linkcode NeighbourReport} when it says
 * `stop`.
 *
 * @module
 */

import { FrameClient, type FrameClientOptions } from "./frame_client.ts";

/** What became of its calls. */
export interface NeighbourReport {
  readonly calls: number;
  /** What went wrong, `[]` if nothing did. */
  readonly failures: readonly string[];
  /** How long calls took, in milliseconds, with connecting where they had to: half of them, ... */
  readonly medianMs: number;
  /** ... 99 of 100, ... */
  readonly p99Ms: number;
  /** ... and the slowest. */
  readonly slowestMs: number;
}

const PAUSE_MS = 5;
const PATIENCE_MS = 30_000;
const MAX_FAILURES = 10;

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent) => void;
  postMessage: (message: unknown) => void;
};
let isStopped = false;

scope.onmessage = ({ data }: MessageEvent) => {
  if (data === "stop") isStopped = true;
  else run(data).then((report) => scope.postMessage(report));
};

async function run(
  target: Pick<FrameClientOptions, "port" | "ca">,
): Promise<NeighbourReport> {
  const failures: string[] = [];
  const times: number[] = [];
  let calls = 0;
  const connect = () => FrameClient.connect({ ...target, patienceMs: PATIENCE_MS });
  await using kept = await connect();
  scope.postMessage("ready");
  while (!isStopped && failures.length < MAX_FAILURES) {
    const startedAt = performance.now();
    try {
      await using fresh = ++calls % 10 === 0 ? await connect() : undefined;
      const { grpcStatus } = await (fresh ?? kept).sayHello();
      if (grpcStatus !== 0) failures.push(`call ${calls}: status ${grpcStatus}`);
    } catch (error) {
      failures.push(`call ${calls}: ${error}`);
    }
    times.push(performance.now() - startedAt);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  times.sort((a, b) => a - b);
  const quantile = (part: number) => times[Math.ceil(times.length * part) - 1] ?? 0;
  return {
    ...{ calls, failures },
    ...{ medianMs: quantile(0.5), p99Ms: quantile(0.99), slowestMs: quantile(1) },
  };
}
