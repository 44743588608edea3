/**
 * What can be set on an app, and all defaults. Options become total here, once; later code gets the
 * resolved form.
 *
 * @module
 */

import type { Registry } from "./deps.ts";
import { type Duration, resolveDuration } from "./duration.ts";
import { assertKnownOptions, type IntegerRange, resolveInteger } from "./errors.ts";
import { Cors, type CorsOptions } from "./protocol/cors.ts";
import { DEFAULT_LANE_OPTIONS } from "./protocol/lane.ts";
import type { TimeoutOverrides } from "./service.ts";

/** Options for {@linkcode FastGRPC}. */
export interface AppOptions {
  /**
   * Name of the app's own service, with its package, such as `demo.v1.Greeter`: the one that
   * `app.unaryUnary()` and the like add methods to.
   *
   * @default {undefined} the app has no service of its own
   */
  name?: string;
  /**
   * Comment of the app's own service in its `.proto` file.
   *
   * @default {undefined} none
   */
  description?: string;
  /**
   * The folder of the `.proto` file of the app's own service, and of the lock that keeps its numbers,
   * as `deno task proto` writes them: `new URL("./proto/", import.meta.url)`. With a folder, nothing
   * is served whose numbers do not stand in the lock.
   *
   * @default {undefined} none: fields are numbered by the order of declaration
   */
  proto?: string | URL;
  /**
   * Whether the replies of services in code are validated by their schemas; an invalid one ends the
   * call with INTERNAL. Without, schemas still run that transform, coerce or have defaults.
   *
   * @default {true}
   */
  validateReplies?: boolean;
  /**
   * Longest time that one call may take. A service or a method may set its own.
   *
   * @default {undefined} no limit
   */
  timeout?: Duration;
  /**
   * Largest message to receive, in bytes, after decompression. A larger one is answered with
   * RESOURCE_EXHAUSTED.
   *
   * @default {4194304} 4 MiB, as in other gRPC servers
   */
  maxReceiveBytes?: number;
  /**
   * Largest message to send, in bytes. A larger one ends the call with RESOURCE_EXHAUSTED.
   *
   * @default {4294967295} no limit but the protocol's
   */
  maxSendBytes?: number;
  /**
   * Lets browsers call from other origins.
   *
   * @default {undefined} they may not
   */
  cors?: CorsOptions;
  /**
   * What a `google.protobuf.Any` may hold in JSON, besides the types of the services' files and of
   * those that they import: `createRegistry(...)` of `@bufbuild/protobuf`.
   *
   * @default {undefined} nothing else
   */
  types?: Registry;
}

/** {@linkcode AppOptions}, checked and total. */
export interface ResolvedAppOptions {
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly proto: string | URL | undefined;
  readonly validateReplies: boolean;
  readonly timeoutMs: number | undefined;
  readonly maxReceiveBytes: number;
  readonly maxSendBytes: number;
  readonly cors: Cors | undefined;
  readonly types: Registry | undefined;
}

/** What an operator sets over what the app was made with. */
export interface AppOverrides extends Partial<Record<SizeName, number>> {
  readonly timeouts: TimeoutOverrides;
}

const APP_OPTIONS = [
  "name",
  "description",
  "proto",
  "validateReplies",
  "timeout",
  "maxReceiveBytes",
  "maxSendBytes",
  "cors",
  "types",
];
const MAX_MESSAGE_BYTES = 0xffff_ffff;

type SizeName = "maxReceiveBytes" | "maxSendBytes";

/** Sizes of messages. */
export const MESSAGE_SIZES: Readonly<Record<SizeName, IntegerRange>> = {
  maxReceiveBytes: {
    min: 1,
    max: MAX_MESSAGE_BYTES,
    fallback: DEFAULT_LANE_OPTIONS.maxReceiveBytes,
  },
  maxSendBytes: { min: 1, max: MAX_MESSAGE_BYTES, fallback: DEFAULT_LANE_OPTIONS.maxSendBytes },
};

/** @throws {TypeError | RangeError} If an option is unknown or out of range. */
export function resolveAppOptions(options: AppOptions): ResolvedAppOptions {
  assertKnownOptions("create an app", options, APP_OPTIONS);
  const { name, description, proto, timeout, cors, types, validateReplies = true } = options;
  if (name === undefined && (description ?? proto) !== undefined) {
    throw new TypeError(
      `Cannot set "description" or "proto" of an app without a service of its own: set "name" too`,
    );
  }
  const size = (name: SizeName) => resolveInteger(name, options[name], MESSAGE_SIZES[name]);
  return {
    name,
    description,
    proto,
    validateReplies,
    timeoutMs: timeout === undefined ? undefined : resolveDuration("timeout", timeout),
    maxReceiveBytes: size("maxReceiveBytes"),
    maxSendBytes: size("maxSendBytes"),
    cors: cors && new Cors(cors),
    types,
  };
}
