import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { mapAsync } from "../../src/code_first/map_async.ts";
import { bounded } from "../support/bounded.ts";
import { Gate, never } from "../support/stalling.ts";
import { eventually } from "../support/waiting.ts";

/** A source of 1, 2, 3 and so on, which notes what is asked of it. */
function createSource(overrides: Partial<AsyncIterator<number>> = {}) {
  const notes: string[] = [];
  let count = 0;
  const iterator: AsyncIterator<number> = {
    next() {
      notes.push("next");
      return Promise.resolve({ done: false, value: ++count });
    },
    return() {
      notes.push("return");
      return Promise.resolve({ done: true, value: undefined });
    },
    ...overrides,
  };
  return { notes, source: { [Symbol.asyncIterator]: () => iterator } };
}

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

function failAt(bad: number): (value: number) => number {
  return (value) => {
    if (value === bad) throw new RangeError(`no ${value}`);
    return value * 10;
  };
}

/** Maps at once and later, which must not make a difference. */
const WAYS: Readonly<
  Record<string, (map: (value: number) => number) => (value: number) => number | Promise<number>>
> = {
  "at once": (map) => map,
  "later": (map) => async (value) => map(await Promise.resolve(value)),
};

for (const [way, mapping] of Object.entries(WAYS)) {
  Deno.test(`mapAsync() maps ${way} what a source gives, to its end`, async () => {
    const source = async function* () {
      yield* [1, 2, 3];
    };
    assertEquals(await Array.fromAsync(mapAsync(source(), mapping(failAt(9)))), [10, 20, 30]);
  });

  Deno.test(`mapAsync() leaves the source when a value cannot be mapped ${way}`, async () => {
    const { notes, source } = createSource();
    const mapped = mapAsync(source, mapping(failAt(2)));
    assertEquals(await mapped.next(), { done: false, value: 10 });
    await assertRejects(() => mapped.next(), RangeError, "no 2");
    assertEquals(notes, ["next", "next", "return"]);
    assertEquals(await mapped.next(), END);
    assertEquals(await mapped.return!(), END);
    assertEquals(notes, ["next", "next", "return"], "the source is asked after it was left");
  });

  Deno.test(`mapAsync() does not wait for a source that is slow to be left, ${way}`, async () => {
    const { source } = createSource({ return: never });
    const mapped = mapAsync(source, mapping(failAt(1)));
    await bounded("the error", assertRejects(() => mapped.next(), RangeError, "no 1"));
  });

  Deno.test(`mapAsync() answers who asks ahead in order, ${way}`, async () => {
    const { source } = createSource();
    const mapped = mapAsync(source, mapping(failAt(9)));
    const values = await Promise.all([mapped.next(), mapped.next(), mapped.next()]);
    assertEquals(values.map(({ value }) => value), [10, 20, 30]);
  });
}

Deno.test("mapAsync() gives nothing behind a value that cannot be mapped, to who asked ahead", async () => {
  const { notes, source } = createSource();
  const mapped = mapAsync(source, failAt(1));
  const [first, second] = await Promise.allSettled([mapped.next(), mapped.next()]);
  assertEquals(first.status, "rejected");
  assertEquals(second, { status: "fulfilled", value: END });
  assertEquals(notes, ["next", "next", "return"]);
});

Deno.test("mapAsync() returns at once while next() waits for the source", async () => {
  const gate = new Gate();
  const { notes, source } = createSource({
    async next() {
      await gate.pass();
      return { done: false, value: 1 };
    },
  });
  const maps: number[] = [];
  const mapped = mapAsync(source, (value) => maps.push(value));
  const pending = mapped.next();
  await gate.reached(1);
  assertEquals(await bounded("return()", mapped.return!()), END);
  assertEquals(notes, ["return"]);
  gate.open();
  assertEquals(await pending, END);
  assertEquals(maps, [], "a value is mapped that nobody wants");
});

Deno.test("mapAsync() throws at once what it is told to while next() waits for the source", async () => {
  const { promise, resolve } = Promise.withResolvers<IteratorResult<number>>();
  const { notes, source } = createSource({ next: () => promise });
  const mapped = mapAsync(source, (value) => value);
  const pending = mapped.next();
  await assertRejects(() => bounded("throw()", mapped.throw!(new RangeError("mine"))), RangeError);
  assertEquals(notes, ["return"]);
  resolve({ done: false, value: 1 });
  assertEquals(await pending, END);
});

Deno.test("mapAsync() asks a source that has failed for nothing more", async () => {
  let asked = 0;
  const { notes, source } = createSource({
    next() {
      asked++;
      return Promise.reject(new RangeError("no more"));
    },
  });
  const mapped = mapAsync(source, (value) => value);
  await assertRejects(() => mapped.next(), RangeError, "no more");
  assertEquals(await mapped.next(), END);
  assertEquals(await mapped.return!(), END);
  assertEquals([asked, notes], [1, []]);
});

Deno.test("mapAsync() takes a source without return()", async () => {
  const { source } = createSource();
  const { next } = source[Symbol.asyncIterator]();
  const bare = { [Symbol.asyncIterator]: () => ({ next }) };
  for await (const value of mapAsync(bare, failAt(9))) {
    assertEquals(value, 10);
    break;
  }
  await assertRejects(() => mapAsync(bare, failAt(2)).next(), RangeError, "no 2");
});

const FAILING: Readonly<Record<string, () => Promise<never>>> = {
  "at once": () => {
    throw new TypeError("of return()");
  },
  "later": () => Promise.reject(new TypeError("of return()")),
};

for (const [way, fail] of Object.entries(FAILING)) {
  Deno.test(`mapAsync() has the error of a value, whatever return() throws ${way}`, async () => {
    const { source } = createSource({ return: fail });
    await assertRejects(() => mapAsync(source, failAt(1)).next(), RangeError, "no 1");
    await assertRejects(
      () => mapAsync(source, failAt(1)).throw!(new RangeError("mine")),
      RangeError,
    );
  });

  Deno.test(`mapAsync() tells who leaves what return() throws ${way}, as a generator does`, async () => {
    const { source } = createSource({ return: fail });
    const mapped = mapAsync(source, failAt(9));
    await assertRejects(() => mapped.return!(), TypeError, "of return()");
    assertEquals(await mapped.next(), END);
  });
}

Deno.test("mapAsync() frees a generator that is left amid its values", async () => {
  let isFree = false;
  const source = async function* () {
    try {
      while (true) yield 1;
    } finally {
      isFree = true;
    }
  };
  for await (const _ of mapAsync(source(), failAt(9))) break;
  assert(isFree);
});

Deno.test("mapAsync() ends no process by an error that nobody awaits", async () => {
  const seen: unknown[] = [];
  const onUnhandled = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    seen.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", onUnhandled);
  try {
    const { notes, source } = createSource();
    void mapAsync(source, failAt(1)).next();
    await eventually("the source is left", () => notes.includes("return"));
    await new Promise((resolve) => setTimeout(resolve, 5));
  } finally {
    globalThis.removeEventListener("unhandledrejection", onUnhandled);
  }
  assertEquals(seen, []);
});

Deno.test("mapAsync() refuses what is no stream", () => {
  assertThrows(() => mapAsync(undefined as never, failAt(1)), TypeError);
  assertThrows(() => mapAsync({} as never, failAt(1)), TypeError);
});
