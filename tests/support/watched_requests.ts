/**
 * Requests for a call of the example service, in the forms that a caller may have them, and how often
 * each was asked for one and let go.
 *
 * @module
 */

import { never } from "./stalling.ts";

/** What a client sends. */
export interface NameRequest {
  name: string;
}

/** Requests that are watched. */
export interface WatchedRequests {
  readonly requests: AsyncIterable<NameRequest>;
  /** How many were asked for. */
  asked: number;
  /** How often nothing more was said to be wanted. */
  letGo: number;
  /** Why, where a `ReadableStream` is told. */
  reason?: unknown;
}

/** Sources without an end, by their form. Ten requests fill a window of HTTP/2. */
export const ENDLESS: Readonly<Record<string, () => WatchedRequests>> = {
  "an async generator": () =>
    watch((watched) => {
      const generator = async function* () {
        while (true) {
          watched.asked++;
          yield request();
        }
      }();
      const { return: end } = generator;
      generator.return = (value) => {
        watched.letGo++;
        return end.call(generator, value);
      };
      return generator;
    }),
  "an iterator that waits": () =>
    watch((watched) => ({
      [Symbol.asyncIterator]: () => ({
        next() {
          watched.asked++;
          return never();
        },
        return() {
          watched.letGo++;
          throw new Error("nobody is told");
        },
      }),
    })),
  "a ReadableStream": () => createStream((controller) => controller.enqueue(request())),
  "a ReadableStream that waits": () => createStream(never),
};

/** Sources of "Ada" and "Bob", by their form. */
export const FINITE: Readonly<Record<string, () => AsyncIterable<NameRequest>>> = {
  "an async generator": async function* () {
    for (const name of ["Ada", "Bob"]) yield { name };
  },
  "a ReadableStream": () => ReadableStream.from([{ name: "Ada" }, { name: "Bob" }]),
  "a stream that is piped": () =>
    ReadableStream.from(["Ada", "Bob"]).pipeThrough(
      new TransformStream<string, NameRequest>({
        transform: (name, controller) => controller.enqueue({ name }),
      }),
    ),
  "an iterable with next() alone": () => ({
    [Symbol.asyncIterator]() {
      const names = ["Ada", "Bob"].values();
      // As `for await` takes it: results that are no promise.
      return {
        next() {
          const { done, value: name } = names.next();
          return (done ? { done, value: undefined } : { done, value: { name } }) as never;
        },
      };
    },
  }),
};

/** A source that fails. */
export interface FailingRequests {
  /** Whether its call has begun by then. */
  readonly isAmid: boolean;
  /** @param first Resolves when the first request has arrived. */
  readonly create: (error: Error, first: Promise<void>) => AsyncIterable<NameRequest>;
}

/** By how they fail. */
export const FAILING: Readonly<Record<string, FailingRequests>> = {
  "a generator that throws": {
    isAmid: true,
    async *create(error, first) {
      yield { name: "Ada" };
      await first;
      throw error;
    },
  },
  "a ReadableStream that fails": {
    isAmid: true,
    create: (error, first) => {
      const source: UnderlyingDefaultSource<NameRequest> = {
        start: (controller) => controller.enqueue({ name: "Ada" }),
        async pull() {
          await first;
          throw error;
        },
      };
      return new ReadableStream(source);
    },
  },
  "a generator that throws at once": {
    isAmid: false,
    // deno-lint-ignore require-yield
    async *create(error) {
      throw error;
    },
  },
  "an iterator that throws by itself": {
    isAmid: false,
    create: (error) => ({
      [Symbol.asyncIterator]: () => ({
        next() {
          throw error;
        },
      }),
    }),
  },
};

function request(): NameRequest {
  return { name: "x".repeat(6_500) };
}

function watch(
  create: (watched: WatchedRequests) => AsyncIterable<NameRequest>,
): WatchedRequests {
  const watched = { asked: 0, letGo: 0 } as WatchedRequests;
  return Object.assign(watched, { requests: create(watched) });
}

function createStream(
  pull: (controller: ReadableStreamDefaultController<NameRequest>) => unknown,
): WatchedRequests {
  return watch((watched) => {
    const source: UnderlyingDefaultSource<NameRequest> = {
      async pull(controller) {
        watched.asked++;
        await pull(controller);
      },
      cancel(reason) {
        watched.letGo++;
        watched.reason = reason;
      },
    };
    // Nothing is asked for before somebody reads.
    return new ReadableStream(source, { highWaterMark: 0 });
  });
}
