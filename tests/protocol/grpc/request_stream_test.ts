import { assertEquals, assertRejects } from "@std/assert";
import { ConnectError } from "@connectrpc/connect";
import * as fc from "fast-check";
import type { SayHelloRequest } from "../../../gen/greeter/v1/greeter_pb.ts";
import { bounded } from "../../support/bounded.ts";
import { checkAsyncProperty } from "../../support/properties.ts";
import { MALFORMED, OVER, PLAIN, SLOW, Source } from "../../support/request_source.ts";

/** What is done to a stream, and what its reader is given, call by call. */
const READS: Readonly<Record<string, (source: Source) => Promise<string>>> = {
  "messages that are there, in order: abc": (source) => {
    source.send("abc");
    return source.nextOnes(3);
  },
  "messages that come later, in order: abc": (source) => {
    const read = source.nextOnes(3);
    source.send("abc");
    return read;
  },
  "messages that are decoded slowly, in order: abcd": (source) => {
    source.send("a", SLOW);
    source.send("b");
    const read = source.nextOnes(4);
    source.send("c", SLOW);
    source.send("d");
    return read;
  },
  "each message to one of several that wait, and the end to the rest: ab..": (source) => {
    const read = source.nextOnes(4);
    source.end("ab");
    return read;
  },
  "what has come before the end, and the end again and again: ab..": async (source) => {
    source.end("ab");
    return await source.nextOnes(3) + await source.next();
  },
  "nothing but the end if there are no messages: .": (source) => {
    source.end();
    return source.next();
  },
  "the error to all that wait: the time is upthe time is up": (source) => {
    const read = source.nextOnes(2);
    source.fail();
    return read;
  },
  "the error in place of messages that were not read: the time is up": (source) => {
    source.send("ab");
    source.fail();
    return source.next();
  },
  "the error in place of a message that is being decoded: the time is up": (source) => {
    source.send("a", SLOW);
    const read = source.next();
    source.stream.fail(OVER);
    return read;
  },
  "the error in place of the end, once the call is over: the time is up": (source) => {
    source.end();
    source.over = OVER;
    return source.next();
  },
  "the error after the end: the time is up": async (source) => {
    source.end();
    await source.next();
    source.fail();
    return await source.next();
  },
  "what is wrong with a message, and then the end: acannot decode the request..": async (
    source,
  ) => {
    source.send("a");
    source.send("x", MALFORMED);
    source.send("b");
    return await source.next() + await source.next() + await source.nextOnes(2);
  },
  "what is wrong with a message that is waited for: cannot decode the request.": async (source) => {
    const read = source.next();
    source.send("x", MALFORMED);
    source.send("b");
    return await read + await source.next();
  },
  "the end after return(), whatever still comes: a..": async (source) => {
    source.send("ab");
    const first = await source.next();
    await source.stream.return();
    source.send("c");
    return first + await source.next() + await source.next();
  },
  "the end to those that wait when return() is called: ..": async (source) => {
    const read = source.nextOnes(2);
    await source.stream.return();
    return await read;
  },
  "the error after return(): the time is up": async (source) => {
    await source.stream.return();
    source.fail();
    return await source.next();
  },
};

for (const [title, read] of Object.entries(READS)) {
  const [what, expected] = title.split(": ") as [string, string];
  Deno.test(`RequestStream gives ${what}`, async () => {
    const given = await bounded("all are given something", read(new Source()));
    assertEquals(given, expected);
  });
}

Deno.test("RequestStream pauses its source while many messages wait, until all are read", async () => {
  const source = new Source();
  const states: boolean[] = [];
  const note = () => states.push(source.isPaused);
  source.send("a".repeat(31));
  note();
  source.send("bc");
  note();
  await source.nextOnes(32);
  note();
  await source.next();
  note();
  source.send("a".repeat(32));
  await source.stream.return();
  note();
  assertEquals(states, [false, true, true, false, false]);
  assertEquals([source.pauses, source.resumes], [2, 2]);
});

Deno.test("RequestStream pauses its source while as much waits as fills a frame", async () => {
  const source = new Source();
  source.stream.push(PLAIN, new Uint8Array(16_383));
  assertEquals(source.isPaused, false);
  source.stream.push(PLAIN, new Uint8Array(1));
  assertEquals(source.isPaused, true);
  await source.nextOnes(2);
  assertEquals(source.isPaused, false);
});

Deno.test("RequestStream does not pause for what return() has left unread", async () => {
  const source = new Source();
  await source.stream.return();
  source.send("abc");
  assertEquals([source.pauses, source.isPaused], [0, false]);
});

Deno.test("RequestStream is left by a break, and then has nothing more", async () => {
  const source = new Source();
  source.send("abc");
  const read: string[] = [];
  for await (const message of source.stream) {
    read.push((message as SayHelloRequest).name);
    if (read.length === 2) break;
  }
  assertEquals(source.isPaused, false);
  for await (const message of source.stream) read.push((message as SayHelloRequest).name);
  assertEquals(read, ["a", "b"]);
});

Deno.test("RequestStream fails a loop over it with the error", async () => {
  const source = new Source();
  source.send("a");
  const read: unknown[] = [];
  const loop = async () => {
    for await (const message of source.stream) {
      read.push(message);
      queueMicrotask(() => source.fail());
    }
  };
  await assertRejects(loop, ConnectError, OVER.rawMessage);
  assertEquals(read.length, 1);
});

/** What fails for a handler that asked for it, and is busy with something else. */
const ASKED_AHEAD: Readonly<Record<string, (source: Source) => Promise<unknown>>> = {
  "the call ends": (source) => {
    const early = source.stream.next();
    source.fail();
    return early;
  },
  "the call has ended": (source) => {
    source.fail();
    return source.stream.next();
  },
  "the call has ended, and its requests as well": (source) => {
    source.end();
    source.over = OVER;
    return source.stream.next();
  },
  "a message cannot be decoded": (source) => {
    const early = source.stream.next();
    source.send("a", MALFORMED);
    return early;
  },
  "a message that waits cannot be decoded": (source) => {
    source.send("a", MALFORMED);
    return source.stream.next();
  },
  "the call ends while a message is decoded": (source) => {
    source.send("a", SLOW);
    const early = source.stream.next();
    source.stream.fail(OVER);
    return early;
  },
};

for (const [what, fail] of Object.entries(ASKED_AHEAD)) {
  Deno.test(`RequestStream leaves nobody's rejection unhandled when ${what}`, async () => {
    const unhandled: unknown[] = [];
    const note = (event: PromiseRejectionEvent) => {
      event.preventDefault();
      unhandled.push(event.reason);
    };
    globalThis.addEventListener("unhandledrejection", note);
    const asked = fail(new Source());
    await new Promise((resolve) => setTimeout(resolve, 5));
    globalThis.removeEventListener("unhandledrejection", note);
    assertEquals(unhandled, []);
    await assertRejects(() => asked, ConnectError);
  });
}

type Step = "send" | "sendSlowly" | "ask" | "turn";

Deno.test("RequestStream gives every message once, in order, however asking and coming interleave", async () => {
  const steps = fc.array(fc.constantFrom<Step>("send", "sendSlowly", "ask", "turn"), {
    maxLength: 40,
  });
  await checkAsyncProperty(
    fc.asyncProperty(steps, async (steps) => {
      const source = new Source();
      const asked: Promise<string>[] = [];
      let sent = "";
      for (const step of steps) {
        if (step === "ask") asked.push(source.next());
        else if (step === "turn") await new Promise((resolve) => setTimeout(resolve));
        else {
          const letter = String.fromCharCode(97 + sent.length % 26);
          sent += letter;
          source.send(letter, step === "send" ? PLAIN : SLOW);
        }
      }
      source.end();
      while (asked.length <= sent.length) asked.push(source.next());
      const expected = sent.padEnd(asked.length, ".");
      const given = await bounded("all are given something", Promise.all(asked));
      assertEquals(given.join(""), expected);
    }),
  );
});
