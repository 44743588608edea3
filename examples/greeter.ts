/**
 * The handlers of the example service, one of each kind of method.
 *
 * @module
 */

import type { ServiceImplementation } from "@fastgrpc/fastgrpc";
import type { Greeter } from "../gen/greeter/v1/greeter_pb.ts";

/** Greets by name. */
export const greeterHandlers: ServiceImplementation<typeof Greeter> = {
  sayHello(request) {
    return { message: greet(request.name) };
  },

  async *sayHelloTimes(request, context) {
    for (let sent = 0; sent < request.times; sent++) {
      if (sent > 0) await pause(request.intervalMs, context.signal);
      yield { message: greet(request.name) };
    }
  },

  async sayHelloToAll(requests) {
    const names: string[] = [];
    for await (const request of requests) names.push(request.name);
    return { message: greet(names.join(", ")) };
  },

  async *chat(requests) {
    for await (const request of requests) yield { message: greet(request.name) };
  },
};

function greet(name: string): string {
  return `Hello ${name || "World"}`;
}

/** Waits, but not for longer than the call lasts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}
