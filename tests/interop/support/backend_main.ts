/**
 * A server behind a proxy, as a process of its own: it answers with its own name, after as many
 * milliseconds as the request's name says. Its argument is a {@linkcode BackendTask} as JSON.
 *
 * @module
 */

import { FastGRPC, type RunOptions } from "@fastgrpc/fastgrpc";
import { Greeter } from "../../../gen/greeter/v1/greeter_pb.ts";

/** What the process is told. */
export interface BackendTask {
  /** What it calls itself. */
  readonly name: string;
  /** Options of `app.run()`; files as paths. */
  readonly run: RunOptions;
}

const { name, run }: BackendTask = JSON.parse(Deno.args[0]!);

const app = new FastGRPC();
app.addService(Greeter, {
  async sayHello(request) {
    await pause(request);
    return { message: name };
  },
  async *sayHelloTimes(request) {
    for (let sent = 0; sent < request.times; sent++) {
      await pause(request);
      yield { message: name };
    }
  },
  async sayHelloToAll(requests) {
    for await (const request of requests) await pause(request);
    return { message: name };
  },
  async *chat(requests) {
    for await (const request of requests) {
      await pause(request);
      yield { message: name };
    }
  },
});
await app.run({ hostname: "127.0.0.1", ...run });

function pause(request: { name: string }): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Number(request.name)));
}
