/**
 * Cross-origin requests of browsers (Fetch standard, "CORS protocol"): which origins may call, and
 * which header fields their scripts may send and see.
 *
 * @module
 */

import { cors as connectCors } from "../deps.ts";
import { type Duration, resolveDuration } from "../duration.ts";
import { assertKnownOptions } from "../errors.ts";
import type { HttpStream, ResponseFields } from "../http_stream.ts";

/** Options for calls from browsers on other origins. */
export interface CorsOptions {
  /** Origins that may call, such as `["https://app.example.com"]`, or `"*"` for all. */
  origins: readonly string[] | "*";
  /**
   * Further request header fields that scripts may send: the metadata of your calls.
   *
   * @default {[]}
   */
  allowedHeaders?: readonly string[];
  /**
   * Further response header fields that scripts may see. Those of gRPC-Web and Connect, such as
   * `grpc-status`, always are.
   *
   * @default {[]}
   */
  exposedHeaders?: readonly string[];
  /**
   * Whether scripts may send cookies and client certificates. Not together with `"*"`.
   *
   * @default {false}
   */
  credentials?: boolean;
  /**
   * For how long a browser may remember the answer.
   *
   * @default {"2h"}
   */
  maxAge?: Duration;
}

const KNOWN = ["origins", "allowedHeaders", "exposedHeaders", "credentials", "maxAge"];

/** Answers preflights and marks responses. */
export class Cors {
  readonly #origins: ReadonlySet<string> | "*";
  readonly #preflight: ResponseFields;
  readonly #actual: ResponseFields;

  /**
   * @throws {TypeError} If `origins` is no list of origins, or credentials are allowed for all.
   */
  constructor(options: CorsOptions) {
    assertKnownOptions("set CORS", options, KNOWN);
    const { origins, allowedHeaders = [], exposedHeaders = [], credentials, maxAge = "2h" } =
      options;
    if (origins === "*" && credentials) {
      throw new TypeError(`Cannot allow credentials for all origins: list the origins`);
    }
    if (origins !== "*") assertOrigins(origins);
    this.#origins = origins === "*" ? origins : new Set(origins);
    const common: ResponseFields = credentials
      ? { "access-control-allow-credentials": "true" }
      : {};
    this.#actual = {
      ...common,
      "access-control-expose-headers": [...connectCors.exposedHeaders, ...exposedHeaders].join(
        ", ",
      ),
    };
    this.#preflight = {
      ...common,
      "access-control-allow-methods": connectCors.allowedMethods.join(", "),
      "access-control-allow-headers": [...connectCors.allowedHeaders, ...allowedHeaders].join(", "),
      "access-control-max-age": String(toSeconds(resolveDuration("maxAge", maxAge))),
    };
  }

  /**
   * Looks at a request before it is served.
   *
   * @returns Whether it was a preflight, which is answered now.
   */
  handle(stream: HttpStream): boolean {
    // Also where no origin is named: a cache must not hand that answer to a page that names one.
    if (this.#origins !== "*") stream.addResponseFields({ vary: "origin" });
    const origin = stream.headers["origin"];
    if (typeof origin !== "string") return false;
    const isPreflight = stream.method === "OPTIONS" &&
      stream.headers["access-control-request-method"] !== undefined;
    const isAllowed = this.#origins === "*" || this.#origins.has(origin);
    if (isAllowed) {
      stream.addResponseFields({
        ...(isPreflight ? this.#preflight : this.#actual),
        "access-control-allow-origin": this.#origins === "*" ? "*" : origin,
      });
    }
    if (isPreflight) stream.respond(isAllowed ? 204 : 403, {}, "nothing");
    return isPreflight;
  }
}

/** No browser remembers for longer than a day. */
function toSeconds(maxAgeMs: number): number {
  return Math.min(Math.floor(maxAgeMs / 1000), 86_400);
}

function assertOrigins(origins: readonly string[]): void {
  if (Array.isArray(origins)) return origins.forEach(assertOrigin);
  throw new TypeError(
    `Cannot allow origins "${origins}": write a list, such as ["https://app.example.com"], or "*"`,
  );
}

function assertOrigin(origin: string): void {
  if (URL.canParse(origin) && new URL(origin).origin === origin) return;
  throw new TypeError(
    `Cannot allow origin "${origin}": write scheme and host, such as "https://app.example.com"`,
  );
}
