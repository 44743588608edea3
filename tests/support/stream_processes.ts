/**
 * A server with long streams in a process of its own, whose memory can be looked at, and a client for
 * it in Node. What they do is told in `stream_server_main.ts` and `stream_client.mjs`.
 *
 * @module
 */

import { type LineProcess, startLineProcess } from "../soak/line_process.ts";
import { ENGINE_FLAGS } from "./engine.ts";

const ROOT = new URL("../../", import.meta.url);
const SERVER = new URL("./stream_server_main.ts", import.meta.url);
const CLIENT = new URL("./stream_client.mjs", import.meta.url);
/** The server stands still once it has done nothing for so many looks, and so long between two. */
const [LOOKS, LOOK_MS] = [8, 25];

/** What a server has done, and what it takes. */
export interface StreamStats {
  /** Messages that handlers were asked for, since the start. */
  readonly made: number;
  /** Messages that handlers were given, since the start. */
  readonly taken: number;
  /** Bytes, and the most that it was since it was asked for last. */
  readonly rss: number;
  readonly peakRss: number;
  /** Bytes of the heap and outside of it, once the garbage is collected. */
  readonly held: number;
}

/** A running server. */
export interface StreamServer extends AsyncDisposable {
  readonly port: number;
  /** Waits until a handler pauses. */
  paused(): Promise<void>;
  /** Lets the handler that paused last go on. */
  goOn(): Promise<void>;
  stats(): Promise<StreamStats>;
  /** Waits until it stands still. */
  settled(): Promise<StreamStats>;
}

/** Starts a server on a free port of the loopback. */
export async function startStreamServer(): Promise<StreamServer> {
  const child = startLineProcess(Deno.execPath(), [
    "run",
    "--quiet",
    "--no-prompt",
    `--config=${new URL("deno.json", ROOT).pathname}`,
    ...ENGINE_FLAGS,
    "--allow-net=127.0.0.1",
    "--v8-flags=--expose-gc",
    SERVER.href,
  ]);
  const { port } = await child.receive<{ port: number }>("listening");
  const stats = async () => {
    await child.send({ type: "stats" });
    return await child.receive<StreamStats>("stats");
  };
  return {
    port,
    stats,
    paused: () => child.receive("paused"),
    goOn: () => child.send({ type: "go" }),
    async settled() {
      let last = await stats();
      for (let looks = 0; looks < LOOKS;) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        const now = await stats();
        looks = now.made === last.made && now.taken === last.taken ? looks + 1 : 0;
        last = now;
      }
      return last;
    },
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

/** What a client is to do. */
export interface StreamTask {
  /** Of the server. */
  readonly port: number;
  readonly contentType: string;
  /** Bytes of flow control, of the stream and of the connection. */
  readonly window: number;
  /** `down`: it reads a stream, and pauses. `up`: it sends one, and has the server pause. */
  readonly direction: "down" | "up";
  /** Bytes of the text in each message, and how many there are. */
  readonly size: number;
  readonly count: number;
  /** How often, at equal distances. */
  readonly pauses: number;
}

/** What came of it. */
export interface StreamOutcome {
  /** Bytes of the body. */
  readonly received: number;
  /** The body's last bytes. */
  readonly tail: string;
  /** `grpc-status`, where there is one. */
  readonly status?: string;
  /** HTTP/2's error code. */
  readonly rstCode: number;
}

/** Starts a client. */
export async function startStreamClient(task: StreamTask): Promise<LineProcess> {
  const client = startLineProcess("node", [CLIENT.pathname]);
  await client.send({ type: "task", ...task });
  return client;
}
