/**
 * FastGRPC: a gRPC service kit for Deno, with TLS and mTLS, graceful shutdown, health checks and
 * deadlines that bind.
 *
 * @module
 */

export { FastGRPC } from "./src/app.ts";
export { type CodeServiceOptions, Service } from "./src/code_first/code_service.ts";
export type {
  CodeMethod,
  CodeMethodOptions,
  CodeMethods,
  OnceKnown,
  StreamStreamHandler,
  StreamUnaryHandler,
  UnaryStreamHandler,
  UnaryUnaryHandler,
} from "./src/code_first/code_method.ts";
export type { ReplyOf, RequestOf } from "./src/schema/compile_services.ts";
export type { Idempotency } from "./src/schema/model.ts";
export type { MessageDeclaration } from "./src/schema/read_services.ts";
export type { Server } from "./src/server.ts";
export type { AppOptions } from "./src/app_options.ts";
export type { RunOptions } from "./src/run_options.ts";
export type { MountOptions, ServeOptions } from "./src/serve_options.ts";
export type {
  Handler,
  MethodOptions,
  ServiceImplementation,
  ServiceOptions,
} from "./src/service.ts";
export type { ErrorDetails, Protocol, ServiceContext } from "./src/context.ts";
export { contextOf, type InterceptorContext } from "./src/interceptor_context.ts";
export type { Peer, PeerCertificate, SubjectAltNames } from "./src/peer.ts";
export type { Health, ServingStatus } from "./src/health_status.ts";
export type { Duration } from "./src/duration.ts";
export type { CorsOptions } from "./src/protocol/cors.ts";
export type { NodeHttp2Server } from "./src/transport/connections.ts";
export type { ConnectionLimits } from "./src/transport/connection_limits.ts";
export type { NetAddress } from "./src/transport/listener.ts";
export type { TlsFiles } from "./src/transport/tls.ts";
export { ConfigError } from "./src/errors.ts";
export { Code, ConnectError, createContextKey, type Interceptor } from "./src/deps.ts";
