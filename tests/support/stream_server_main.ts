/**
 * The process that `stream_processes.ts` starts as a server: long streams, and how much memory they
 * take. Lines of JSON go both ways, each with a type.
 *
 * - It says `listening` with its port.
 * - SayHelloTimes sends the name `times` times. SayHelloToAll counts what it is sent; each time that a
 *   message has the name of `PAUSE` it says `paused`, and reads on when it is told `go`.
 * - Told `stats`, it answers with what was made and taken, and its memory: now, after a collection of
 *   garbage if it has one, and at most since it was told so last.
 * - It ends with its input.
 *
 * @module
 */

import { FastGRPC } from "../../mod.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "../../examples/greeter.ts";
import { TextLineStream } from "../soak/text_line_stream.ts";

/** How often memory is looked at. */
const SAMPLE_MS = 10;
/** The name that a handler pauses at. */
const PAUSE = "pause";

const { gc } = globalThis as { gc?: () => void };
let made = 0;
let taken = 0;
let peakRss = 0;
let resume = () => {};

function say(type: string, line: object = {}): void {
  console.log(JSON.stringify({ type, ...line }));
}

function sayStats(): void {
  gc?.();
  const { rss, heapUsed, external } = Deno.memoryUsage();
  say("stats", { made, taken, rss, peakRss, held: heapUsed + external });
  peakRss = 0;
}

const app = new FastGRPC();
app.addService(Greeter, {
  ...greeterHandlers,
  async *sayHelloTimes({ name, times }) {
    for (let i = 0; i < times; i++) {
      made++;
      yield { message: name };
    }
  },
  async sayHelloToAll(requests) {
    for await (const { name } of requests) {
      taken++;
      if (name !== PAUSE) continue;
      const { promise, resolve } = Promise.withResolvers<void>();
      resume = resolve;
      say("paused");
      await promise;
    }
    return { message: `${taken}` };
  },
});

const server = await app.serve({ hostname: "127.0.0.1", port: 0 });
const sampling = setInterval(() => {
  peakRss = Math.max(peakRss, Deno.memoryUsage().rss);
}, SAMPLE_MS);
say("listening", { port: server.addr.port });
const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream()).pipeThrough(
  new TextLineStream(),
);
for await (const line of lines) {
  if (JSON.parse(line).type === "go") resume();
  else sayStats();
}
clearInterval(sampling);
await server.stop();
