/**
 * The cases of h2spec that fail on the kit because of the platform's HTTP/2, each with its cause and
 * with where its makers say so. Deno's `node:http2` is nghttp2 1.68 with Node's code on top.
 *
 * A case is named by its section and its number there: `http2/5.1/8`.
 *
 * @module
 */

/** Why some cases fail. */
export interface KnownFailure {
  readonly cases: readonly string[];
  readonly cause: string;
  readonly reference: string;
  /**
   * Whether it depends on when the client's frames come, and in how many packets.
   *
   * @default {false} they fail always
   */
  readonly sometimes?: boolean;
}

/** All of them. One that fails no more must go from here. */
export const KNOWN_FAILURES: readonly KnownFailure[] = [
  {
    cases: ["http2/5.1/8", "http2/5.1/9", "http2/5.1/11", "http2/5.1/12"],
    cause: "nghttp2 remembers no closed streams, and ignores what comes on them",
    reference: "https://github.com/nghttp2/nghttp2/issues/1166",
  },
  {
    // It sends POST without a content type, which is answered at once.
    cases: ["http2/6.1/2"],
    cause: "the same, when the stream was answered and closed before its DATA came",
    reference: "https://github.com/nghttp2/nghttp2/issues/1166",
    sometimes: true,
  },
  {
    cases: ["http2/5.1.1/2"],
    cause: "nghttp2 ignores a new stream whose number is below the last one's",
    reference: "https://github.com/nghttp2/nghttp2/issues/1300",
  },
  {
    cases: ["http2/5.3.1/2"],
    cause: "nghttp2 1.65 and later ignore priorities, which RFC 9113 has given up",
    reference: "https://github.com/nghttp2/nghttp2/pull/2287",
  },
  {
    cases: ["http2/6.3/1"],
    cause: "nghttp2 ignores PRIORITY on stream 0 too",
    reference: "https://github.com/nghttp2/nghttp2/issues/2840",
  },
  {
    cases: ["http2/6.9.1/3"],
    cause: "nghttp2 ends the whole connection, not only the stream",
    reference: "https://github.com/nghttp2/nghttp2/issues/2845",
  },
  {
    cases: ["http2/6.7/2"],
    cause: "Node and Deno end a connection on which a PING is answered that nobody sent",
    reference: "https://github.com/denoland/deno/pull/33625",
    sometimes: true,
  },
];
