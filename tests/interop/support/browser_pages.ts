/**
 * A browser with two pages of other origins than the server's, of which the server lets one call,
 * and the greeter with handlers that do what a page may want to see.
 *
 * @module
 */

import { Code, type ConnectError } from "@connectrpc/connect";
import { SayHelloRequestSchema } from "../../../gen/greeter/v1/greeter_pb.ts";
import { type BrowserRequest, launchBrowser } from "../../support/browser.ts";
import { bundle } from "../../support/bundle.ts";
import { type RunningGreeter, serveGreeter } from "../../support/greeter.ts";
import { createWorkFolder } from "../../support/program.ts";
import { Gate } from "../../support/stalling.ts";
import type { PageCall, PageGlobals, PageOutcome } from "./page.ts";

/** What a handler saw of its call. */
export interface Seen {
  readonly name: string;
  /** Seconds that were left when the handler began. */
  readonly timeRemaining: number;
  /** Why it was ended early, as code and message. */
  ended?: string;
}

/** A page, with the server that it calls. */
export interface CallingPage {
  /** Makes a call, and gives all that the script saw of it. */
  call(options: Omit<PageCall, "baseUrl">): Promise<PageOutcome>;
  /** What the browser asked for since the last look. */
  takeRequests(): BrowserRequest[];
}

/** All of it, closed with the test's block. */
export interface BrowserSetting extends AsyncDisposable {
  readonly greeter: RunningGreeter;
  /** All calls that reached a handler. */
  readonly seen: readonly Seen[];
  /** Of the origin that may call. */
  readonly page: CallingPage;
  /** Of an origin that may not. */
  readonly foreign: CallingPage;
  /** Where streams to the name `gate` stop after their first message. */
  readonly gate: Gate;
}

/** Options for {@linkcode openPages}. */
export interface PagesOptions {
  /** Further arguments for Chromium. */
  readonly flags?: readonly string[];
  /**
   * Whether the browser trusts the CA of the server's certificate.
   *
   * @default {true}
   */
  readonly trusting?: boolean;
}

/** Serves the greeter with development certificates, and opens both pages. */
export async function openPages(
  { flags = [], trusting = true }: PagesOptions = {},
): Promise<BrowserSetting> {
  await using stack = new AsyncDisposableStack();
  const certs = new URL(`file://${stack.use(await createWorkFolder()).path}/certs/`);
  const script = await bundle(new URL("./page.ts", import.meta.url), "browser");
  const origins = [servePage(script), servePage(script)] as const;
  for (const { server } of origins) stack.use(server);
  const seen: Seen[] = [];
  const gate = new Gate();
  const greeter = stack.use(await serveForPages({ origin: origins[0].url, certs, seen, gate }));
  const ca = trusting ? new URL("ca.pem", certs) : undefined;
  const browser = stack.use(await launchBrowser({ ca, flags }));
  const open = async (url: string): Promise<CallingPage> => {
    const { page, takeRequests } = await browser.open(url);
    const { baseUrl } = greeter;
    return {
      call: (options) =>
        page.evaluate(
          (call) => (globalThis as unknown as PageGlobals).callFromPage(call),
          { baseUrl, ...options },
        ),
      takeRequests,
    };
  };
  const [page, foreign] = [await open(origins[0].url), await open(origins[1].url)];
  const rest = stack.move();
  return {
    greeter,
    seen,
    page,
    foreign,
    gate,
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

/** A web server of an application: its origin has a port of its own. */
function servePage(script: string): { server: AsyncDisposable; url: string } {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, ({ url }) => {
    const isScript = new URL(url).pathname === "/page.js";
    return isScript
      ? new Response(script, { headers: { "content-type": "text/javascript" } })
      : new Response(`<!doctype html><script type="module" src="/page.js"></script>`, {
        headers: { "content-type": "text/html" },
      });
  });
  return { server, url: `http://127.0.0.1:${server.addr.port}` };
}

interface ServeOptions {
  readonly origin: string;
  readonly certs: URL;
  readonly seen: Seen[];
  readonly gate: Gate;
}

function serveForPages({ origin, certs, seen, gate }: ServeOptions): Promise<RunningGreeter> {
  return serveGreeter({
    app: {
      cors: {
        origins: [origin],
        allowedHeaders: ["x-tenant"],
        exposedHeaders: ["x-request-id", "trailer-x-cost"],
      },
    },
    serve: {
      sslCertificateChain: new URL("server.pem", certs),
      sslPrivateKey: new URL("server-key.pem", certs),
      gracefulTimeout: "5s",
    },
    handlers: {
      async sayHello({ name }, context) {
        const call: Seen = { name, timeRemaining: context.timeRemaining() };
        seen.push(call);
        context.responseHeaders.set("x-request-id", `id of ${context.metadata.get("x-tenant")}`);
        context.responseHeaders.set("x-secret", "for nobody");
        context.responseTrailers.set("x-cost", "42");
        if (name === "error") {
          const details = [{ desc: SayHelloRequestSchema, value: { name: "détail" } }];
          context.abort(Code.NotFound, "kein Name: ü", details);
        }
        if (name === "wait") await untilEnded(call, context.signal);
        return { message: `Hello ${name}` };
      },
      async *sayHelloTimes({ name, times }, context) {
        const call: Seen = { name, timeRemaining: context.timeRemaining() };
        seen.push(call);
        context.responseHeaders.set("x-request-id", `id of ${context.metadata.get("x-tenant")}`);
        context.responseTrailers.set("x-cost", "42");
        for (let sent = 1; sent <= times; sent++) {
          yield { message: `Hello ${name} ${sent}` };
          if (name === "gate") await gate.pass();
        }
        if (name === "error") context.abort(Code.ResourceExhausted, "no more greetings");
        if (name === "wait") await untilEnded(call, context.signal);
      },
    },
  });
}

async function untilEnded(call: Seen, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  const { code, rawMessage } = signal.reason as ConnectError;
  call.ended = `${Code[code]}: ${rawMessage}`;
  throw signal.reason;
}
