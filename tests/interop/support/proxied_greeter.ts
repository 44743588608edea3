/**
 * The greeter behind a proxy, over mTLS: its handlers do what a proxy may spoil, and tell what reached
 * them.
 *
 * @module
 */

import { Code, type ConnectError } from "@connectrpc/connect";
import type { PeerCertificate, ServiceContext } from "../../../mod.ts";
import { SayHelloRequestSchema } from "../../../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "../../../examples/greeter.ts";
import { type RunningGreeter, serveGreeter } from "../../support/greeter.ts";
import { type Nginx, type NginxOptions, startNginx } from "../../support/nginx.ts";
import { createWorkFolder } from "../../support/program.ts";

/** What a handler saw of a call. */
export interface ProxiedCall {
  readonly metadata: Headers;
  /** Seconds that were left when the handler began. */
  readonly timeRemaining: number;
  readonly certificate: PeerCertificate | undefined;
  /** Why it was ended early, as code and message. */
  ended?: string;
}

/** The greeter, closed with the test's block. */
export interface MtlsGreeter extends AsyncDisposable {
  readonly greeter: RunningGreeter;
  /** Folder with the PEM files of all. */
  readonly certs: URL;
  /** PEM file of the CA of all certificates. */
  readonly ca: URL;
  /** How many calls have reached a handler of SayHello or SayHelloTimes. */
  callCount(): number;
  /** The last of them. */
  lastCall(): ProxiedCall;
}

/** It, and nginx before it. */
export interface ProxiedGreeter extends MtlsGreeter {
  readonly nginx: Nginx;
}

/** Details of an error that are larger than the buffers that nginx has for a header by default. */
export const LARGE_DETAIL: string = "d".repeat(20_000);

/**
 * Serves the greeter.
 *
 * - SayHello echoes the metadata `x-echo`, `x-echo-bin` and `x_odd.name` in its header, and with
 *   `-trailer` in the name in its trailers.
 * - SayHello to `error` is NOT_FOUND with two details and a trailer, to `unavailable` UNAVAILABLE.
 * - SayHello and SayHelloTimes to `wait` last until the call is ended, the latter after a message.
 */
export async function serveMtls(): Promise<MtlsGreeter> {
  await using stack = new AsyncDisposableStack();
  const certs = new URL(`file://${stack.use(await createWorkFolder()).path}/certs/`);
  const calls: ProxiedCall[] = [];
  const greeter = stack.use(await serveMtlsGreeter(certs, calls));
  const rest = stack.move();
  return {
    greeter,
    certs,
    ca: new URL("ca.pem", certs),
    callCount: () => calls.length,
    lastCall: () => calls.at(-1)!,
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

/** Serves the greeter with nginx before it. */
export async function serveProxied(
  change: NonNullable<NginxOptions["change"]> = (config) => config,
): Promise<ProxiedGreeter> {
  await using stack = new AsyncDisposableStack();
  const setting = stack.use(await serveMtls());
  const { greeter, certs } = setting;
  const nginx = stack.use(await startNginx({ backends: [greeter.port], certs, change }));
  const rest = stack.move();
  return { ...setting, nginx, [Symbol.asyncDispose]: () => rest.disposeAsync() };
}

function serveMtlsGreeter(certs: URL, calls: ProxiedCall[]): Promise<RunningGreeter> {
  const note = (context: ServiceContext): ProxiedCall => {
    const { metadata, peer: { certificate } } = context;
    const call = { metadata, timeRemaining: context.timeRemaining(), certificate };
    calls.push(call);
    return call;
  };
  return serveGreeter({
    serve: {
      sslCertificateChain: new URL("server.pem", certs),
      sslPrivateKey: new URL("server-key.pem", certs),
      caCertificate: new URL("ca.pem", certs),
      healthCheck: true,
    },
    handlers: {
      async sayHello(request, context) {
        const call = note(context);
        echo(context);
        if (request.name === "error") fail(context);
        if (request.name === "unavailable") context.abort(Code.Unavailable, "carried out before");
        if (request.name === "wait") await untilEnded(call, context.signal);
        return greeterHandlers.sayHello(request, context);
      },
      async *sayHelloTimes(request, context) {
        const call = note(context);
        if (request.name !== "wait") return yield* greeterHandlers.sayHelloTimes(request, context);
        yield { message: "first" };
        await untilEnded(call, context.signal);
      },
    },
  });
}

function echo({ metadata, responseHeaders, responseTrailers }: ServiceContext): void {
  for (const name of ["x-echo", "x_odd.name", "x-echo-bin"]) {
    const value = metadata.get(name);
    if (value === null) continue;
    responseHeaders.set(name, value);
    responseTrailers.set(name.replace(/(-bin)?$/, "-trailer$1"), value);
  }
}

function fail(context: ServiceContext): never {
  context.responseTrailers.set("x-reason", "asked to");
  const details = ["détail", LARGE_DETAIL].map((name) => ({
    desc: SayHelloRequestSchema,
    value: { name },
  }));
  context.abort(Code.NotFound, "kein Name: ü\n", details);
}

async function untilEnded(call: ProxiedCall, signal: AbortSignal): Promise<never> {
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  const { code, rawMessage } = signal.reason as ConnectError;
  call.ended = `${Code[code]}: ${rawMessage}`;
  throw signal.reason;
}
