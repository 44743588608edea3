/**
 * Methods in code: what they are declared by, and what their handlers look like.
 *
 * @module
 */

import type { ServiceContext } from "../context.ts";
import { assertKnownOptions, suggest } from "../errors.ts";
import type { ReplyOf, RequestOf } from "../schema/compile_services.ts";
import type { Idempotency } from "../schema/model.ts";
import type { MessageDeclaration, MethodDeclaration } from "../schema/read_services.ts";
import { type AnyHandler, METHOD_OPTIONS, type MethodOptions } from "../service.ts";

/** Options of a method in code. */
export interface CodeMethodOptions<
  Request extends MessageDeclaration,
  Response extends MessageDeclaration,
> extends MethodOptions {
  /** What a request is: a schema of Zod 4, or that of a generated message. */
  request: Request;
  /** What a reply is: a schema of Zod 4, or that of a generated message. */
  response: Response;
  /**
   * Its comment in the `.proto` file.
   *
   * @default {undefined} none
   */
  description?: string;
  /**
   * What the method promises: clients may retry one that is idempotent, and Connect's may call one
   * without side effects by GET, whose answers can be cached.
   *
   * @default {undefined} nothing
   */
  idempotency?: Idempotency;
}

/** Handles a request with one reply. */
export type UnaryUnaryHandler<
  Request extends MessageDeclaration,
  Response extends MessageDeclaration,
> = (
  request: RequestOf<Request>,
  context: ServiceContext,
) => ReplyOf<Response> | Promise<ReplyOf<Response>>;

/** Handles a request with a stream of replies. */
export type UnaryStreamHandler<
  Request extends MessageDeclaration,
  Response extends MessageDeclaration,
> = (request: RequestOf<Request>, context: ServiceContext) => AsyncIterable<ReplyOf<Response>>;

/** Handles a stream of requests with one reply. */
export type StreamUnaryHandler<
  Request extends MessageDeclaration,
  Response extends MessageDeclaration,
> = (
  requests: AsyncIterable<RequestOf<Request>>,
  context: ServiceContext,
) => ReplyOf<Response> | Promise<ReplyOf<Response>>;

/** Handles a stream of requests with a stream of replies. */
export type StreamStreamHandler<
  Request extends MessageDeclaration,
  Response extends MessageDeclaration,
> = (
  requests: AsyncIterable<RequestOf<Request>>,
  context: ServiceContext,
) => AsyncIterable<ReplyOf<Response>>;

/**
 * A handler's type, worked out when the schemas are known: without it, TypeScript takes a `"red"` in a
 * reply for any text, and not for a value of `z.enum(["red"])` or what tells a union's members apart.
 */
export type OnceKnown<Response extends MessageDeclaration, Handler> = [Response] extends
  [MessageDeclaration] ? Handler : never;

/** What a method in code is declared by, for the types of its clients. */
export interface CodeMethod<
  Kind extends MethodDeclaration["kind"] = MethodDeclaration["kind"],
  Request extends MessageDeclaration = MessageDeclaration,
  Response extends MessageDeclaration = MessageDeclaration,
> {
  /** What streams. */
  readonly kind: Kind;
  /** See {@linkcode CodeMethodOptions.request}. */
  readonly request: Request;
  /** See {@linkcode CodeMethodOptions.response}. */
  readonly response: Response;
}

/** Methods in code, by their names. */
export type CodeMethods = Readonly<Record<string, CodeMethod>>;

/** A method as it was added. */
export interface AddedMethod {
  readonly declaration: MethodDeclaration;
  readonly options: MethodOptions;
  readonly handler: AnyHandler;
}

const CODE_METHOD_OPTIONS = [
  "request",
  "response",
  "description",
  "idempotency",
  ...METHOD_OPTIONS,
];
const IDEMPOTENCIES: readonly Idempotency[] = ["NO_SIDE_EFFECTS", "IDEMPOTENT"];
/** buf lint wants them so, and clients call them by the same name in camelCase. */
const METHOD_NAME = /^[A-Z][A-Za-z0-9]*$/;

/** What a method is to be added by. */
export interface MethodInit {
  /** Where it is called, for errors. */
  readonly path: string;
  readonly name: string;
  readonly kind: MethodDeclaration["kind"];
  readonly options: CodeMethodOptions<MessageDeclaration, MessageDeclaration>;
  readonly handler: unknown;
}

/**
 * Checks a method, but for its schemas.
 *
 * @throws {TypeError} If its name is in no PascalCase or "Then", a schema or the handler is missing, or an option is
 *   unknown or of the wrong kind.
 */
export function declareMethod({ path, name, kind, options, handler }: MethodInit): AddedMethod {
  const action = `add method "${path}"`;
  if (typeof name !== "string" || !METHOD_NAME.test(name)) {
    throw new TypeError(`Cannot ${action}: use a name in PascalCase, such as "SayHello"`);
  }
  if (name === "Then") {
    throw new TypeError(
      `Cannot ${action}: whoever awaits a client with a function "then" waits for ever; use ` +
        `another name`,
    );
  }
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `Cannot ${action} without options: pass its schemas, { request, response }`,
    );
  }
  assertKnownOptions(action, options, CODE_METHOD_OPTIONS);
  for (const side of ["request", "response"] as const) {
    if (options[side] !== undefined) continue;
    throw new TypeError(
      `Cannot ${action} without "${side}": pass a schema of Zod 4, z.void() for nothing`,
    );
  }
  assertDescription(`method "${path}"`, options.description);
  if (typeof handler !== "function") {
    throw new TypeError(`Cannot ${action} without a handler: pass a function`);
  }
  const { request, response, description, idempotency, ...rest } = options;
  if (idempotency !== undefined && !IDEMPOTENCIES.includes(idempotency)) {
    throw new TypeError(
      `Cannot use "${idempotency}" as "idempotency" of "${path}": ` +
        suggest(String(idempotency), IDEMPOTENCIES),
    );
  }
  const declaration = {
    ...{ name, kind, request, response },
    ...(description !== undefined && { description }),
    ...(idempotency !== undefined && { idempotency }),
  };
  return { declaration, options: rest, handler: handler as AnyHandler };
}

/** @throws {TypeError} If it is there, but no text. */
export function assertDescription(of: string, description: unknown): void {
  if (description === undefined || typeof description === "string") return;
  throw new TypeError(`Cannot use a description of ${of} that is no text: it becomes a comment`);
}
