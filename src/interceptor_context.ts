/**
 * What interceptors may know of a call beside Connect's request: who calls, how, and until when.
 *
 * @module
 */

import {
  type ContextKey,
  type ContextValues,
  createContextKey,
  type StreamRequest,
  type UnaryRequest,
} from "./deps.ts";
import type { Call } from "./call.ts";
import { ServiceContext } from "./context.ts";

/** Where the call that is served is found, among the values that a request carries. */
export const CALL: ContextKey<Call | undefined> = createContextKey<Call | undefined>(undefined, {
  description: "the call that is served",
});

/**
 * One call, as its interceptors see it: what {@linkcode ServiceContext} has, except the metadata to
 * send, which is the response's `header` and `trailer`.
 */
export type InterceptorContext = Omit<ServiceContext, "responseHeaders" | "responseTrailers">;

/**
 * What an interceptor of an app, a service or a method may know of the call beside the request: the
 * peer, the protocol, the time that is left. Fits wherever a client takes a `context`, so that what an
 * interceptor asks of another service ends with the call.
 *
 * @param request As the interceptor got it, or with the same `contextValues`.
 * @throws {TypeError} If it is no request that the kit serves, such as that of a client.
 *
 * @example Usage
 * ```ts ignore
 * import { Code, ConnectError, contextOf, type Interceptor } from "@fastgrpc/fastgrpc";
 *
 * const onlyBilling: Interceptor = (next) => (request) => {
 *   const { peer } = contextOf(request);
 *   if (peer.certificate?.spiffeId === "spiffe://example.org/billing") return next(request);
 *   throw new ConnectError("for billing only", Code.PermissionDenied);
 * };
 * ```
 */
export function contextOf(request: UnaryRequest | StreamRequest): InterceptorContext {
  const call = request.contextValues.get(CALL);
  if (call === undefined) {
    throw new TypeError(
      "Cannot tell the context of a request that is not being served: " +
        "pass that of an interceptor of an app, with its own contextValues",
    );
  }
  return new ServiceContext({
    call,
    get signal(): AbortSignal {
      return request.signal;
    },
    get metadata(): Headers {
      return request.header;
    },
    get values(): ContextValues {
      return request.contextValues;
    },
    // Kept from sight: a response has some of its own.
    get responseHeaders(): Headers {
      return new Headers();
    },
    get responseTrailers(): Headers {
      return new Headers();
    },
  });
}
