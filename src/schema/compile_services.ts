/**
 * Services in code made the same as generated ones: a description, and for each method what turns a
 * message into what the handler gets, and what it returns into a message.
 *
 * @module
 */

import {
  type $ZodType,
  Code,
  ConnectError,
  type DescFile,
  type DescMessage,
  type DescMethod,
  type DescService,
  type input,
  type Message,
  type MessageInitShape,
  type MessageShape,
  type output,
} from "../deps.ts";
import { changesValues } from "./changes.ts";
import { unwrap } from "./definition.ts";
import { createDescriptor } from "./descriptor.ts";
import { within } from "./field_error.ts";
import { createFloodGuard } from "./flood_guard.ts";
import { FileTypes } from "./file_types.ts";
import type { FileModel, Numbers } from "./model.ts";
import { assertNoClash } from "./name_clashes.ts";
import {
  type MessageDeclaration,
  type ReadMessage,
  readServices,
  type ServiceDeclaration,
} from "./read_services.ts";
import { createParser, type ParseResult } from "./safe_parse.ts";
import { ToMessage } from "./to_message.ts";
import { ToValue } from "./to_value.ts";
import { invalidReply, invalidRequest } from "./violations.ts";

/** What a handler gets for a request. */
export type RequestOf<T extends MessageDeclaration> = T extends DescMessage ? MessageShape<T>
  : T extends $ZodType ? output<T>
  : never;

/** What a handler returns for a reply. */
export type ReplyOf<T extends MessageDeclaration> = T extends DescMessage ? MessageInitShape<T>
  : T extends $ZodType ? input<T>
  : never;

/** Options of {@linkcode compileServices}. */
export interface CompileOptions {
  /** Gives fields and values of enums their numbers, such as those of a lock. */
  number: (model: FileModel) => Numbers;
  /** The name of the `.proto` file, such as `demo/v1/demo.proto`. */
  fileName: string;
  /**
   * Whether replies are validated. Without, schemas still run that transform, coerce or have defaults.
   *
   * @default {true}
   */
  validateReplies?: boolean;
}

/** A value now, or later if the schema has asynchronous functions. */
export type MaybeAsync<T> = T | Promise<T>;

/** A method, ready to be served and to be called. */
export interface CompiledMethod {
  readonly desc: DescMethod;
  /**
   * Makes what the handler gets.
   *
   * @throws {ConnectError} INVALID_ARGUMENT with a `google.rpc.BadRequest`.
   */
  readonly parse: (message: Message) => MaybeAsync<unknown>;
  /**
   * Makes a message of what the handler returned.
   *
   * @throws {Error} If it is not valid, with what is wrong: INTERNAL, for the log.
   */
  readonly toMessage: (reply: unknown) => MaybeAsync<Message>;
  /** For a client: makes a message of a request, without validation. */
  readonly toRequest: (value: unknown) => Message;
  /** For a client: makes a plain value of a reply, without validation. */
  readonly fromReply: (message: Message) => unknown;
}

const UNREADABLE = "Invalid input: a value is out of range, or nested too deeply";

/** What became of services. */
export interface CompiledServices {
  readonly file: DescFile;
  readonly services: readonly DescService[];
  readonly methods: readonly CompiledMethod[];
  readonly model: FileModel;
  readonly numbers: Numbers;
}

/**
 * Compiles services of one package.
 *
 * @throws {TypeError} If a name is none or taken, also by a file that is imported, or a schema cannot
 *   be expressed.
 */
export function compileServices(
  services: readonly ServiceDeclaration[],
  options: CompileOptions,
): CompiledServices {
  const { model, imports, methods } = readServices(services);
  assertNoClash({ model, fileName: options.fileName }, imports, "whose messages they use");
  const numbers = options.number(model);
  const file = createDescriptor(model, numbers, options.fileName, imports);
  const types = new FileTypes(file);
  const compiler = {
    toValue: new ToValue(types, false),
    toPlain: new ToValue(types, true),
    toMessage: new ToMessage(types),
    validateReplies: options.validateReplies ?? true,
  };
  return {
    file,
    services: file.services,
    methods: file.services.flatMap((service) =>
      service.methods.map((desc) => {
        const path = `/${service.typeName}/${desc.name}`;
        const { request, response } = methods.get(path)!;
        return compileMethod(compiler, desc, path, request, response);
      })
    ),
    model,
    numbers,
  };
}

interface Compiler {
  readonly toValue: ToValue;
  readonly toPlain: ToValue;
  readonly toMessage: ToMessage;
  readonly validateReplies: boolean;
}

function compileMethod(
  compiler: Compiler,
  desc: DescMethod,
  path: string,
  request: ReadMessage,
  response: ReadMessage,
): CompiledMethod {
  return {
    desc,
    parse: compileRequest(compiler, request, path),
    toMessage: compileReply(compiler, response, path),
    toRequest: compileSending(compiler, request, path),
    fromReply: compileReceiving(compiler, response, path),
  };
}

function compileRequest(
  { toValue, toPlain }: Compiler,
  { schema, mapping }: ReadMessage,
  path: string,
): CompiledMethod["parse"] {
  const convert = (schema === undefined ? toPlain : toValue).ofWhole(mapping);
  const read = convert === undefined ? (message: Message) => message : (message: Message) => {
    try {
      return convert(message);
    } catch (error) {
      const { field, description, isOurs } = within("", error);
      // What the engine has to say of it is nothing to clients.
      const issue = { path: [], field, message: isOurs ? description : UNREADABLE };
      throw invalidRequest(mapping, [issue], message);
    }
  };
  if (schema === undefined) return read;
  const parser = createParser(schema);
  const { isUntried } = unwrap(schema, "input", { root: path, path: "" });
  const guard = createFloodGuard(mapping, !isUntried);
  const take = (result: ParseResult, value: unknown) => {
    if (result.success) return result.data;
    throw invalidRequest(mapping, result.error.issues, value);
  };
  return (message) => {
    const value = read(message);
    const issues = guard?.(value);
    if (issues !== undefined) throw invalidRequest(mapping, issues, value);
    const result = parser(value);
    return result instanceof Promise
      ? result.then((result) => take(result, value))
      : take(result, value);
  };
}

/** For a client. */
function compileSending(
  { toMessage }: Compiler,
  { mapping }: ReadMessage,
  path: string,
): CompiledMethod["toRequest"] {
  const convert = toMessage.ofWhole(mapping);
  return (value) => {
    try {
      return convert(value);
    } catch (error) {
      const { message } = within("", error);
      throw new TypeError(`Cannot send a request to "${path}": ${message}`, { cause: error });
    }
  };
}

/** For a client. */
function compileReceiving(
  { toPlain }: Compiler,
  { mapping }: ReadMessage,
  path: string,
): CompiledMethod["fromReply"] {
  const convert = toPlain.ofWhole(mapping);
  if (convert === undefined) return (message) => message;
  return (message) => {
    try {
      return convert(message);
    } catch (error) {
      const reason = within("", error).message;
      throw new ConnectError(
        `invalid reply of ${path}: ${reason}`,
        Code.Internal,
        undefined,
        undefined,
        error,
      );
    }
  };
}

function compileReply(
  { toMessage, validateReplies }: Compiler,
  { schema, mapping }: ReadMessage,
  path: string,
): CompiledMethod["toMessage"] {
  const convert = toMessage.ofWhole(mapping);
  if (schema === undefined || !(validateReplies || changesValues(schema))) return convert;
  const parser = createParser(schema);
  const take = (result: ParseResult) => {
    if (result.success) return convert(result.data);
    throw invalidReply(path, result.error.issues);
  };
  return (reply) => {
    const result = parser(reply);
    return result instanceof Promise ? result.then(take) : take(result);
  };
}
