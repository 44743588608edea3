/**
 * Calls to an app in the same process, without a socket: for tests of services. What answers is what
 * answers on a port, from the path and the header fields on.
 *
 * @module
 */

import type { DescService } from "./deps.ts";
import { appServices, FastGRPC } from "./app.ts";
import {
  CALLER_OPTIONS,
  type CallerOptions,
  resolveCallerOptions,
} from "./client/client_options.ts";
import { createProtocolTransport } from "./client/protocol_transport.ts";
import {
  type CodeServiceClient,
  prepareServiceClient,
  type ServiceClient,
} from "./client/code_client.ts";
import type { ClientLife } from "./client/service_client.ts";
import type { CodeMethods } from "./code_first/code_method.ts";
import { Service } from "./code_first/code_service.ts";
import { assertKnownOptions } from "./errors.ts";
import type { Peer } from "./peer.ts";
import { MemoryClient } from "./testing/memory_client.ts";

export type { Protocol } from "./context.ts";
export type { Duration } from "./duration.ts";
import type { CallOptions } from "./client/call_scope.ts";
export type { CallContext, CallOptions } from "./client/call_scope.ts";
export type { CallerOptions } from "./client/client_options.ts";
export type { CodeMethodCaller, CodeServiceClient, ServiceClient } from "./client/code_client.ts";
export type { ClientLife, GeneratedServiceClient, MethodCaller } from "./client/service_client.ts";
export type { Peer, PeerCertificate, SubjectAltNames } from "./peer.ts";

/** Options for {@linkcode testClient}. */
export interface TestClientOptions extends CallerOptions {
  /**
   * Serves `grpc.health.v1.Health`, as `healthCheck` of `app.serve()` does.
   *
   * @default {false}
   */
  healthCheck?: boolean;
  /**
   * Serves reflection, as `reflection` of `app.serve()` does.
   *
   * @default {false}
   */
  reflection?: boolean;
  /**
   * What handlers see in `context.peer`, such as a client certificate.
   *
   * @default {{ address: "in-process", port: 0, encrypted: false, certificate: undefined }}
   */
  peer?: Partial<Peer>;
}

/**
 * A client of an app's own service: typed, if its methods were added in one chain. If not, it has them,
 * but TypeScript does not know.
 */
export type OwnServiceClient<M extends CodeMethods> = [keyof M] extends [never]
  // deno-lint-ignore no-explicit-any
  ? ClientLife & { [method: string]: (request?: any, options?: CallOptions) => any }
  : CodeServiceClient<M>;

const IN_PROCESS: Peer = {
  address: "in-process",
  port: 0,
  encrypted: false,
  certificate: undefined,
};
const TEST_CLIENT_OPTIONS = [...CALLER_OPTIONS, "healthCheck", "reflection", "peer"];
const PEER_OPTIONS = Object.keys(IN_PROCESS);

/**
 * Creates a client that calls the methods of an app's own service in memory. The client is typed if they
 * were added in one chain.
 *
 * @param app With its services added; those that are added later are not seen.
 * @returns The client, to be closed.
 * @throws {TypeError | RangeError} If the app has no such methods, or an option cannot be used.
 * @throws {ConfigError} If the lock of the service is missing or not up to date.
 */
export function testClient<M extends CodeMethods>(
  app: FastGRPC<M>,
  options?: TestClientOptions,
): OwnServiceClient<M>;
/**
 * Creates a client that calls an app in memory: all four kinds of method, with deadlines, metadata,
 * interceptors, limits and errors as over the wire. The app need not be served, and may be.
 *
 * @param app With its services added; those that are added later are not seen.
 * @param service As generated, such as `Greeter`, or in code: a `Service`, declared in one chain.
 * @returns The client, to be closed.
 * @throws {TypeError | RangeError} If an option cannot be used.
 * @throws {ConfigError} If the lock of a service in code is missing or not up to date.
 *
 * @example Usage
 * ```ts ignore
 * import { testClient } from "@fastgrpc/fastgrpc/testing";
 * import { app } from "./app.ts";
 * import { Greeter } from "./gen/greeter/v1/greeter_pb.ts";
 *
 * Deno.test("sayHello() greets by name", async () => {
 *   await using client = testClient(app, Greeter);
 *   assertEquals((await client.sayHello({ name: "Ada" })).message, "Hello Ada");
 * });
 * ```
 */
export function testClient<S extends DescService | Service>(
  app: FastGRPC,
  service: S,
  options?: TestClientOptions,
): ServiceClient<S>;
export function testClient(
  app: FastGRPC,
  serviceOrOptions: DescService | Service | TestClientOptions = {},
  maybeOptions: TestClientOptions = {},
): unknown {
  if (!(app instanceof FastGRPC)) {
    throw new TypeError("Cannot test what is no app: pass the instance of FastGRPC");
  }
  const hasService = serviceOrOptions instanceof Service || "typeName" in serviceOrOptions;
  const service = hasService ? serviceOrOptions : ownServiceOf(app);
  const options = hasService ? maybeOptions : serviceOrOptions;
  const create = prepareServiceClient("create a test client", service);
  assertKnownOptions("create a test client", options, TEST_CLIENT_OPTIONS);
  assertKnownOptions('set "peer" of a test client', options.peer ?? {}, PEER_OPTIONS);
  const resolved = resolveCallerOptions(options);
  const peer = { ...IN_PROCESS, ...options.peer };
  const { healthCheck = false, reflection = false } = options;
  const client = new MemoryClient(app, { healthCheck, reflection, peer });
  const transport = createProtocolTransport({
    ...resolved,
    baseUrl: "http://in-process",
    httpClient: (request) => client.request(request),
  });
  return create({ ...resolved, transport, close: () => client.close() });
}

function ownServiceOf(app: FastGRPC): Service {
  const { own } = appServices(app);
  if (own !== undefined) return own;
  throw new TypeError(
    "Cannot create a test client without a service, for the app has no methods of its own: pass one " +
      "that was generated, such as Greeter, or a Service",
  );
}
