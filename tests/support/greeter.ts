/**
 * The example service under test, in this process and on a real port. Its clients are
 * `connect_node.ts`, `grpc_js.ts`, `http2_client.ts` and `frame_client.ts`.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  type AppOptions,
  FastGRPC,
  type ServeOptions,
  type Server,
  type ServiceImplementation,
  type ServiceOptions,
} from "../../mod.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "../../examples/greeter.ts";
import "./engine.ts";

/** What a test sets; the rest is as an ordinary app has it. */
export interface GreeterOptions {
  app?: AppOptions;
  serve?: ServeOptions;
  service?: ServiceOptions<typeof Greeter>;
  /** Handlers in place of the example's. */
  handlers?: Partial<ServiceImplementation<typeof Greeter>>;
  /** Adds the service to the app in another way. */
  add?: (
    app: FastGRPC,
    handlers: ServiceImplementation<typeof Greeter>,
    options: ServiceOptions<typeof Greeter> | undefined,
  ) => void;
  /** For what else an app can be told before it is served. */
  prepare?: (app: FastGRPC) => void;
}

/** A running greeter, closed with everything it holds when the test's block ends. */
export interface RunningGreeter extends AsyncDisposable {
  app: FastGRPC;
  server: Server;
  /** `http://127.0.0.1:port`, or `https://localhost:port` where it serves TLS. */
  baseUrl: string;
  port: number;
}

/** Serves the greeter on a free port of the loopback. */
export async function serveGreeter(options: GreeterOptions = {}): Promise<RunningGreeter> {
  const app = new FastGRPC(options.app);
  const handlers = { ...greeterHandlers, ...options.handlers };
  if (options.add === undefined) app.addService(Greeter, handlers, options.service);
  else options.add(app, handlers, options.service);
  options.prepare?.(app);
  const server = await app.serve({ port: 0, hostname: "127.0.0.1", ...options.serve });
  const { port } = server.addr;
  const isTls = options.serve?.sslCertificateChain !== undefined;
  return {
    app,
    server,
    port,
    baseUrl: isTls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      // The leak sanitizer of Deno does not see what node:http2 holds.
      assertEquals(server.callCount, 0, "calls are left");
      assertEquals(server.connectionCount, 0, "connections are left");
    },
  };
}
