/**
 * grpc-js in a Node process of its own: HTTP/2 clients that run in Deno have faults of their own. The
 * packages are those of this project; what runs there is one bundle.
 *
 * @module
 */

import { bundle } from "../../support/bundle.ts";
import { createTempDirectory } from "../../support/pem_files.ts";
import { eventually } from "../../support/waiting.ts";
import type { NodeCall, NodeOutcome, NodeTarget } from "./node_calls.ts";

const BOUND_MS = 20_000;

/** A client in Node, ended with the test's block. */
export interface NodeClient extends AsyncDisposable {
  /** Makes a call; one after the other. */
  call(call: NodeCall): Promise<NodeOutcome>;
}

/** Calls in Node that go on until they are stopped, or the test's block ends. */
export interface NodeLoad extends AsyncDisposable {
  /** Waits until so many more calls have come to their end. */
  goOn(calls: number): Promise<void>;
  /** Waits until a call has been answered with this. */
  answered(message: string): Promise<void>;
  /**
   * Lets the last calls come to their end.
   *
   * @returns How often a call was answered with what, or failed how.
   */
  stop(): Promise<Record<string, number>>;
}

/** Starts a client that connects to a port of the loopback. */
export async function startNodeClient(target: NodeTarget): Promise<NodeClient> {
  const { write, read, kill, [Symbol.asyncDispose]: dispose } = await startNode("calls", target);
  return {
    async call(call) {
      const timer = setTimeout(kill, BOUND_MS);
      try {
        await write(JSON.stringify(call));
        const outcome = await read();
        if (outcome === undefined) throw new Error("the client in Node has ended");
        return outcome as NodeOutcome;
      } finally {
        clearTimeout(timer);
      }
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** Starts 32 workers on 4 channels, with calls of all kinds that take from 0 to 20 ms. */
export async function startNodeLoad(target: NodeTarget): Promise<NodeLoad> {
  const { read, end, [Symbol.asyncDispose]: dispose } = await startNode("load", target);
  let outcomes: Record<string, number> = {};
  const count = () => Object.values(outcomes).reduce((sum, calls) => sum + calls, 0);
  // What was written in the meantime must not be taken for news.
  const ended = (async () => {
    for (let line = await read(); line !== undefined; line = await read()) {
      outcomes = line as Record<string, number>;
    }
  })();
  ended.catch(() => {});
  return {
    goOn(more) {
      const wanted = count() + more;
      return eventually(`${more} more calls`, () => count() >= wanted, BOUND_MS);
    },
    answered: (message) => eventually(message, () => message in outcomes, BOUND_MS),
    async stop() {
      await end();
      await ended;
      return outcomes;
    },
    async [Symbol.asyncDispose]() {
      await end();
      await ended.catch(() => {});
      await dispose();
    },
  };
}

interface NodeProcess extends AsyncDisposable {
  write(line: string): Promise<void>;
  /** The next line that it wrote; `undefined` when it has ended. */
  read(): Promise<unknown>;
  /** Ends its input. */
  end(): Promise<void>;
  /** Ends it, and with it whatever waits to read. */
  kill(): void;
}

async function startNode(mode: string, target: NodeTarget): Promise<NodeProcess> {
  await using stack = new AsyncDisposableStack();
  const { directory } = stack.use(await createTempDirectory());
  const script = new URL("main.mjs", directory);
  await Deno.writeTextFile(
    script,
    await bundle(new URL("./node_main.ts", import.meta.url), "deno"),
  );
  const child = new Deno.Command("node", {
    args: [script.pathname, mode, JSON.stringify(target)],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const input = child.stdin.getWriter();
  const lines = readLines(child.stdout);
  const end = () => input.close().catch(() => {});
  stack.defer(async () => {
    await end();
    await lines.return();
    await child.status;
  });
  const rest = stack.move();
  return {
    end,
    kill: () => child.kill("SIGKILL"),
    write: (line) => input.write(new TextEncoder().encode(`${line}\n`)),
    async read() {
      const { value } = await lines.next();
      return value;
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

async function* readLines(bytes: ReadableStream<Uint8Array>): AsyncGenerator<unknown, void, void> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield JSON.parse(line);
  }
}
