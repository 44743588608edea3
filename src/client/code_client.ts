/**
 * Clients of services in code: values in and out, by the schemas that the service was declared with.
 *
 * @module
 */

import type {
  $ZodType,
  DescMessage,
  DescService,
  input,
  Message,
  MessageInitShape,
  MessageShape,
  output,
} from "../deps.ts";
import { assertLocked, type CodePackage, compilePackages } from "../code_first/code_package.ts";
import type { CodeMethod, CodeMethods } from "../code_first/code_method.ts";
import { Service } from "../code_first/code_service.ts";
import { mapAsync } from "../code_first/map_async.ts";
import type { CompiledMethod } from "../schema/compile_services.ts";
import type { MessageDeclaration } from "../schema/read_services.ts";
import type { CallOptions } from "./call_scope.ts";
import { SentRequests } from "./sent_requests.ts";
import {
  type ClientLife,
  createServiceClient,
  type GeneratedServiceClient,
  type ServiceClientInit,
} from "./service_client.ts";

/** What a client sends. */
type Sent<T extends MessageDeclaration> = T extends DescMessage ? MessageInitShape<T>
  : T extends $ZodType ? input<T>
  : never;

/** What a client gets. */
type Received<T extends MessageDeclaration> = T extends DescMessage ? MessageShape<T>
  : T extends $ZodType ? output<T>
  : never;

/** The function that calls a method in code. */
export type CodeMethodCaller<M extends CodeMethod> = M extends
  CodeMethod<"unary", infer Request, infer Response>
  ? (request: Sent<Request>, options?: CallOptions) => Promise<Received<Response>>
  : M extends CodeMethod<"server_streaming", infer Request, infer Response>
    ? (request: Sent<Request>, options?: CallOptions) => AsyncIterable<Received<Response>>
  : M extends CodeMethod<"client_streaming", infer Request, infer Response> ? (
      requests: AsyncIterable<Sent<Request>>,
      options?: CallOptions,
    ) => Promise<Received<Response>>
  : M extends CodeMethod<"bidi_streaming", infer Request, infer Response> ? (
      requests: AsyncIterable<Sent<Request>>,
      options?: CallOptions,
    ) => AsyncIterable<Received<Response>>
  : never;

/**
 * A client of a service in code: a function for each method, by its name in camelCase. Requests are
 * what goes into their schemas; replies are what comes out of theirs, and are not validated again.
 */
export type CodeServiceClient<M extends CodeMethods> =
  & { [Name in keyof M & string as Uncapitalize<Name>]: CodeMethodCaller<M[Name]> }
  & Omit<ClientLife, Uncapitalize<keyof M & string>>;

type Caller = (request: unknown, options?: CallOptions) => unknown;

/** A client of a service, generated or in code. */
export type ServiceClient<S extends DescService | Service> = S extends DescService
  ? GeneratedServiceClient<S>
  : S extends Service<infer Methods> ? CodeServiceClient<Methods>
  : never;

/** Makes a client, once it is known how its calls are carried. */
export type CreateServiceClient<S extends DescService | Service> = (
  init: ServiceClientInit,
) => ServiceClient<S>;

/**
 * Prepares a client of a service.
 *
 * @param action What is being done, for errors.
 * @throws {TypeError} If it is no service, or its schemas cannot be expressed.
 * @throws {ConfigError} If a service in code has a folder, and its lock is missing or not up to date.
 */
export function prepareServiceClient<S extends DescService | Service>(
  action: string,
  service: S,
): CreateServiceClient<S> {
  if (service instanceof Service) {
    const compiled = compilePackages([service], { validateReplies: true })[0]!;
    assertLocked(compiled);
    return (init) => createCodeServiceClient(compiled, init) as ServiceClient<S>;
  }
  if (typeof service?.typeName !== "string" || !Array.isArray(service.methods)) {
    throw new TypeError(
      `Cannot ${action} without a service: pass one that was generated, such as Greeter, or a Service`,
    );
  }
  return (init) => createServiceClient(service as DescService, init) as unknown as ServiceClient<S>;
}

function createCodeServiceClient(
  { services, methods }: CodePackage,
  init: ServiceClientInit,
): Record<PropertyKey, unknown> {
  const inner = createServiceClient(services[0]!.desc, init) as unknown as Record<
    PropertyKey,
    Caller
  >;
  const client: Record<PropertyKey, unknown> = {
    close: inner.close,
    [Symbol.asyncDispose]: inner[Symbol.asyncDispose],
  };
  for (const method of methods) {
    const { name, localName } = method.desc;
    client[name[0]!.toLowerCase() + name.slice(1)] = createCaller(method, inner[localName]!);
  }
  return client;
}

function createCaller({ desc, toRequest, fromReply }: CompiledMethod, call: Caller): Caller {
  const readReply = (reply: unknown) => fromReply(reply as Message);
  const sendsMany = desc.methodKind === "client_streaming" || desc.methodKind === "bidi_streaming";
  const getsMany = desc.methodKind === "server_streaming" || desc.methodKind === "bidi_streaming";
  const convert = sendsMany
    ? (requests: unknown) =>
      mapAsync(new SentRequests(requests as AsyncIterable<unknown>), toRequest)
    : toRequest;
  if (getsMany) {
    return (request, options) =>
      mapAsync(call(convert(request), options) as AsyncIterable<unknown>, readReply);
  }
  return async (request, options) => readReply(await call(convert(request), options));
}
