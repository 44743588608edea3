/**
 * The admin port: liveness, readiness and metrics over HTTP, for orchestrators and Prometheus.
 *
 * @module
 */

import type { HttpStream, ResponseFields } from "../http_stream.ts";
import { serverLog } from "../log.ts";
import { boundLastWords } from "../protocol/last_words.ts";
import { openSidePort, type SideAddress, type SidePort } from "./side_port.ts";

/** Whom the admin port speaks for. */
export interface AdminSource {
  /** Whether calls are welcome. */
  isServing(): boolean;
  /** The metrics in Prometheus' text format. */
  metricsText(): Promise<string>;
}

/** What goes out. */
interface Answer {
  readonly status: number;
  readonly text: string;
  readonly fields?: ResponseFields;
}

const TEXT = "text/plain; charset=utf-8";

/** What Prometheus calls its text format; later versions refuse any other name of it. */
const METRICS = "text/plain; version=0.0.4; charset=utf-8";

const encoder = new TextEncoder();

/**
 * Opens the admin port.
 *
 * @throws {ConfigError} If it cannot be opened.
 */
export function openAdminPort(address: SideAddress, source: AdminSource): Promise<SidePort> {
  const onStream = (stream: HttpStream) => void serve(stream, source);
  return openSidePort({ ...address, name: "adminPort", onStream });
}

async function serve(stream: HttpStream, source: AdminSource): Promise<void> {
  try {
    send(stream, await answer(stream, source));
  } catch (error) {
    serverLog.error("The admin port failed: {error}", { error });
    send(stream, { status: 500, text: "internal error\n" });
  }
}

async function answer({ method, path }: HttpStream, source: AdminSource): Promise<Answer> {
  const respond = ANSWERS.get(path.split("?", 1)[0]!);
  if (respond === undefined) return { status: 404, text: "not found\n" };
  if (method === "GET" || method === "HEAD") return await respond(source);
  return { status: 405, text: "method not allowed\n", fields: { allow: "GET, HEAD" } };
}

const OK: Answer = { status: 200, text: "ok\n" };

type Respond = (source: AdminSource) => Answer | Promise<Answer>;

const ANSWERS: ReadonlyMap<string, Respond> = new Map<string, Respond>([
  ["/healthz", () => OK],
  ["/readyz", (source) => source.isServing() ? OK : { status: 503, text: "not serving\n" }],
  ["/metrics", async (source) => ({
    status: 200,
    text: await source.metricsText(),
    fields: { "content-type": METRICS },
  })],
]);

function send(stream: HttpStream, { status, text, fields = {} }: Answer): void {
  const body = encoder.encode(text);
  const hasBody = stream.method !== "HEAD";
  stream.respond(status, {
    "content-type": TEXT,
    "content-length": String(body.byteLength),
    "cache-control": "no-store",
    ...fields,
  }, hasBody ? "body" : "nothing");
  if (hasBody) {
    void stream.write(body);
    stream.end();
  }
  boundLastWords(stream);
}
