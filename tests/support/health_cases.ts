/**
 * Servers in whatever health, and what a probe is to make of them: the table by which `health` of the
 * command line is tried, and compared with grpc-health-probe.
 *
 * @module
 */

import type { ServerHttp2Stream } from "node:http2";
import { createTestCa, issueTestServer } from "./certificates.ts";
import type { ServingStatus } from "../../mod.ts";
import { type GreeterOptions, serveGreeter } from "./greeter.ts";
import { createPemSet, type PemSet } from "./pem_files.ts";
import { serveSilence } from "./silent_port.ts";
import { serveWire } from "./wire_server.ts";

/** A port to be asked. */
export interface HealthSubject extends AsyncDisposable {
  readonly port: number;
}

/** The greeter with its health. */
export interface HealthServer extends HealthSubject {
  /** Sets the status of {@linkcode GREETER}. */
  set(status: ServingStatus): void;
  /** Begins to drain. */
  drain(): void;
  /** Ends it, before the test's block does. */
  stop(): Promise<void>;
}

/** What a probe is told. */
export interface ProbeFlags {
  readonly service?: string;
  readonly ca?: "own" | "strange";
  readonly hasClient?: boolean;
  readonly serverName?: string;
  /** In milliseconds. */
  readonly connectTimeoutMs?: number;
  /** In milliseconds. */
  readonly timeoutMs?: number;
}

/** One row of the table. */
export interface HealthCase {
  readonly title: string;
  readonly start: (pem: PemSet) => Promise<HealthSubject>;
  readonly flags?: ProbeFlags;
  readonly code: number;
  /** What `health` prints. */
  readonly prints?: string;
  /** What it says on the standard error. */
  readonly says?: RegExp;
}

/** The service of {@linkcode serveHealth}. */
export const GREETER = "greeter.v1.Greeter";

/** The PEM files of {@linkcode createProbePem}. */
export type ProbePem = PemSet & { readonly strangeCa: string };

/** Certificates for {@linkcode HEALTH_CASES}, and a CA that signed none of them. */
export async function createProbePem(): Promise<ProbePem> {
  const pem = await createPemSet();
  const strangeCa = new URL("strange.pem", pem.directory).pathname;
  await Deno.writeTextFile(strangeCa, (await createTestCa("strange")).certificate);
  return { ...pem, strangeCa };
}

/** Serves the greeter with its health, on a free port or that of one that was stopped. */
export async function serveHealth(
  serve: NonNullable<GreeterOptions["serve"]> = {},
): Promise<HealthServer> {
  const greeter = await serveGreeter({ serve: { healthCheck: true, ...serve } });
  const { app, server, port } = greeter;
  return {
    port,
    set: (status) => app.health.set(GREETER, status),
    drain: () => void server.shutdown(),
    stop: () => server.stop(),
    async [Symbol.asyncDispose]() {
      await server.stop();
      await greeter[Symbol.asyncDispose]();
    },
  };
}

/** A server that says something wrong, or nothing, to whatever it is asked. */
async function serveAnswer(answer: (stream: ServerHttp2Stream) => void): Promise<HealthSubject> {
  const server = await serveWire(answer);
  return {
    port: Number(new URL(server.url).port),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A port that answers each connection with the same bytes. */
function serveBytes(text: string): Promise<HealthSubject> {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const done = (async () => {
    for await (const connection of listener) {
      await connection.write(new TextEncoder().encode(text)).catch(() => {});
      connection.close();
    }
  })();
  return Promise.resolve({
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await done;
    },
  });
}

async function serveStatus(status: ServingStatus): Promise<HealthSubject> {
  const server = await serveHealth();
  server.set(status);
  return server;
}

async function serveDraining(): Promise<HealthSubject> {
  const server = await serveHealth({ lameDuck: "10m" });
  server.drain();
  return server;
}

/** A port that nobody listens on. */
function serveNothing(): Promise<HealthSubject> {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr;
  listener.close();
  return Promise.resolve({ port, [Symbol.asyncDispose]: () => Promise.resolve() });
}

function serveSilent(): Promise<HealthSubject> {
  const silence = serveSilence();
  return Promise.resolve({
    port: silence.port,
    [Symbol.asyncDispose]: () => Promise.resolve(silence[Symbol.dispose]()),
  });
}

/** With a certificate for another name. */
async function serveOther(pem: PemSet): Promise<HealthSubject> {
  const names = [{ type: "dns" as const, value: "other.test" }];
  const other = await createPemSet({
    ca: pem.ca,
    server: await issueTestServer(pem.ca, { names }),
  });
  const server = await serveHealth(other.tls);
  return {
    port: server.port,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
    },
  };
}

function answerStatus(status: number): (stream: ServerHttp2Stream) => void {
  return (stream) => {
    stream.respond({ ":status": status, "content-type": "text/html" });
    stream.end("<html>");
  };
}

function answerBytes(bytes: readonly number[]): (stream: ServerHttp2Stream) => void {
  return (stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, {
      waitForTrailers: true,
    });
    stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(new Uint8Array(bytes));
  };
}

/** For what never connects: it is tried until the time is up. */
const SHORT = { connectTimeoutMs: 400 };
/** As long as a handshake may take to fail, where a machine has much to do. */
const HANDSHAKE = { connectTimeoutMs: 3000 };
const BAD_REQUEST = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";

/** All rows. */
export const HEALTH_CASES: readonly HealthCase[] = [
  { title: "a server that serves", start: () => serveHealth(), code: 0, prints: "SERVING" },
  {
    title: "a service that serves",
    start: () => serveHealth(),
    flags: { service: GREETER },
    code: 0,
    prints: "SERVING",
  },
  {
    title: "a service that does not serve",
    start: () => serveStatus("NOT_SERVING"),
    flags: { service: GREETER },
    code: 4,
    prints: "NOT_SERVING",
  },
  {
    title: "a service that does not know",
    start: () => serveStatus("UNKNOWN"),
    flags: { service: GREETER },
    code: 4,
    prints: "UNKNOWN",
  },
  {
    title: "a service that is unknown",
    start: () => serveHealth(),
    flags: { service: "no.Such" },
    code: 3,
    says: /NOT_FOUND: unknown service "no\.Such"$/m,
  },
  { title: "a server that drains", start: serveDraining, code: 4, prints: "NOT_SERVING" },
  {
    title: "a server without health",
    start: () => serveHealth({ healthCheck: false }),
    code: 3,
    says: /UNIMPLEMENTED: .*grpc\.health\.v1\.Health/,
  },
  {
    title: "a port that nobody listens on",
    start: serveNothing,
    flags: SHORT,
    code: 2,
    says: /^Cannot connect to http:\/\/localhost:\d+: .*ECONNREFUSED/,
  },
  {
    title: "a port that says nothing",
    start: serveSilent,
    flags: SHORT,
    code: 2,
    says: /no answer within \d+ms$/m,
  },
  {
    title: "a port of HTTP/1.1",
    start: () => serveBytes(BAD_REQUEST),
    flags: SHORT,
    code: 2,
    says: /^Cannot connect to /,
  },
  {
    title: "a port of something else",
    start: () => serveBytes("SSH-2.0-OpenSSH_9.9\r\n"),
    flags: SHORT,
    code: 2,
    says: /^Cannot connect to /,
  },
  {
    title: "a server that hangs",
    start: () => serveAnswer(() => {}),
    flags: { timeoutMs: 300 },
    code: 3,
    says: /DEADLINE_EXCEEDED: no answer within 300ms$/m,
  },
  {
    title: "a server of HTTP/2 without gRPC",
    start: () => serveAnswer(answerStatus(404)),
    code: 3,
    says: /it is no gRPC: HTTP status 404/,
  },
  {
    title: "a server that answers with what is no message",
    start: () => serveAnswer(answerBytes([0, 0, 0, 0, 2, 0xff, 0xff])),
    code: 3,
    says: /INTERNAL: the reply cannot be read/,
  },
  {
    title: "a server that cuts its answer off",
    start: () => serveAnswer(answerBytes([0, 0, 0, 0, 2, 8])),
    code: 3,
    says: /INTERNAL/,
  },
  {
    title: "a server that resets the call",
    start: () => serveAnswer((stream) => stream.close(2)),
    code: 3,
    says: /UNAVAILABLE|INTERNAL/,
  },
  {
    title: "a server with TLS",
    start: (pem) => serveHealth(pem.tls),
    flags: { ca: "own" },
    code: 0,
    prints: "SERVING",
  },
  {
    title: "a server with TLS, without TLS",
    start: (pem) => serveHealth(pem.tls),
    flags: SHORT,
    code: 2,
    says: /^Cannot connect to http:.* \(if it speaks TLS, use https:\/\/ or --tls\)$/m,
  },
  {
    title: "a server without TLS, with TLS",
    start: () => serveHealth(),
    flags: { ca: "own", ...SHORT },
    code: 2,
    says: /^Cannot connect to https:/,
  },
  {
    title: "a server with TLS of a CA that is not trusted",
    start: (pem) => serveHealth(pem.tls),
    flags: { ca: "strange", ...HANDSHAKE },
    code: 2,
    says: /verify|unknown|issuer/i,
  },
  {
    title: "a server with a certificate for another name",
    start: serveOther,
    flags: { ca: "own", ...HANDSHAKE },
    code: 2,
    says: /Hostname|name/,
  },
  {
    title: "a server with a certificate for another name, by that name",
    start: serveOther,
    flags: { ca: "own", serverName: "other.test" },
    code: 0,
    prints: "SERVING",
  },
  {
    title: "a server with mTLS",
    start: (pem) => serveHealth(pem.mtls),
    flags: { ca: "own", hasClient: true },
    code: 0,
    prints: "SERVING",
  },
  {
    title: "a server with mTLS, without a certificate",
    start: (pem) => serveHealth(pem.mtls),
    flags: { ca: "own", ...SHORT },
    code: 2,
    says: /^Cannot connect to https:/,
  },
];
