import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  formatFromWorker,
  formatToWorker,
  type FromWorker,
  readWorkerInput,
  readWorkerOutput,
  type ToWorker,
} from "../../src/workers/messages.ts";
import { checkAsyncProperty } from "../support/properties.ts";

const TOKEN = "5a1";
const READY: FromWorker = { type: "ready", hostname: "::", port: 5, shutdownMs: 0 };
const FAILED: FromWorker = { type: "failed", name: "Error", message: "two\nlines, \x1e" };

/** Reads what a worker writes, in pieces. */
async function readOutput(pieces: readonly Uint8Array[]) {
  const messages: FromWorker[] = [];
  const logged: string[] = [];
  await readWorkerOutput(TOKEN, ReadableStream.from(pieces).getReader(), {
    onMessage: (message) => messages.push(message),
    onLog: (bytes) => logged.push(new TextDecoder().decode(bytes)),
  });
  return { messages, logged };
}

function inPieces(text: string, size: number): Uint8Array[] {
  const bytes = new TextEncoder().encode(text);
  return Array.from(
    { length: Math.ceil(bytes.length / size) },
    (_, i) => bytes.slice(i * size, (i + 1) * size),
  );
}

const OUTPUTS: readonly {
  title: string;
  output: string;
  messages: readonly FromWorker[];
  logged: readonly string[];
}[] = [
  { title: "nothing", output: "", messages: [], logged: [] },
  {
    title: "messages among lines",
    output: `a\n${formatFromWorker(TOKEN, READY)}\nb ö\n${formatFromWorker(TOKEN, FAILED)}`,
    messages: [READY, FAILED],
    logged: ["a\n", "\n", "b ö\n"],
  },
  {
    title: "a message after a line without an end",
    output: `5 % ... ${formatFromWorker(TOKEN, READY)}10 %`,
    messages: [READY],
    logged: ["5 % ... ", "10 %"],
  },
  {
    title: "what looks like a message, by somebody who does not know the secret",
    output: `\x1e{"type":"shutdown"}\n\x1e5a2{"type":"shutdown"}\n${
      formatFromWorker("", { type: "shutdown" })
    }`,
    messages: [],
    logged: [
      `\x1e{"type":"shutdown"}\n`,
      `\x1e5a2{"type":"shutdown"}\n`,
      `\x1e{"type":"shutdown"}\n`,
    ],
  },
  {
    title: "what was not said to its end",
    output: `\x1e5a1{"type":\nnext\n`,
    messages: [],
    logged: [`\x1e5a1{"type":\n`, "next\n"],
  },
  {
    title: "a message after half of what looks like one",
    output: `\x1e5${formatFromWorker(TOKEN, READY)}`,
    messages: [READY],
    logged: ["\x1e5"],
  },
];

for (const { title, output, messages, logged } of OUTPUTS) {
  Deno.test(`readWorkerOutput() tells what a worker says from what it logs: ${title}`, async () => {
    for (const size of [1, 2, 7, 1000]) {
      assertEquals(await readOutput(inPieces(output, size)), {
        messages: [...messages],
        logged: [...logged],
      });
    }
  });
}

Deno.test("readWorkerOutput() does not keep a line for ever", async () => {
  const { logged } = await readOutput(inPieces("x".repeat(200_000), 10_000));
  assertEquals(logged.length > 1, true);
  assertEquals(logged.join("").length, 200_000);
});

Deno.test("readWorkerOutput() hears what is said in the midst of a line without an end", async () => {
  const said = formatFromWorker(TOKEN, READY);
  for (let cut = 1; cut < TOKEN.length + 3; cut++) {
    const line = "x".repeat(70_000);
    const pieces = [line + said.slice(0, cut), said.slice(cut)];
    const { messages, logged } = await readOutput(
      pieces.map((each) => new TextEncoder().encode(each)),
    );
    assertEquals(messages, [READY], `cut after ${cut}`);
    assertEquals(logged.join(""), line);
  }
});

Deno.test("readWorkerInput() reads what was written, however it comes", async () => {
  const statuses = fc.dictionary(
    fc.string(),
    fc.constantFrom("SERVING", "NOT_SERVING", "UNKNOWN"),
    { noNullPrototype: true },
  );
  const message: fc.Arbitrary<ToWorker> = fc.oneof(
    fc.record({ type: fc.constant("listen"), port: fc.nat() }),
    fc.record({ type: fc.constant("statuses"), statuses }),
    fc.record({ type: fc.constant("shutdown"), isReplaced: fc.boolean() }),
    fc.record({ type: fc.constant("stop") }),
  ) as fc.Arbitrary<ToWorker>;
  await checkAsyncProperty(
    fc.asyncProperty(fc.array(message), fc.integer({ min: 1, max: 50 }), async (all, size) => {
      const read: ToWorker[] = [];
      const pieces = inPieces(all.map(formatToWorker).join(""), size);
      await readWorkerInput(ReadableStream.from(pieces).getReader(), (each) => read.push(each));
      assertEquals(read, all);
    }),
  );
});
