import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { type ProgressOutput, withProgress } from "../../src/cli/progress.ts";

/** An output that keeps what it gets, and tells of it. */
function createOutput(isTerminal: boolean) {
  const written: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const output: ProgressOutput = {
    isTerminal: () => isTerminal,
    writeSync(bytes) {
      written.push(new TextDecoder().decode(bytes));
      resolve();
      return bytes.length;
    },
  };
  return { output, written, hasBegun: promise };
}

Deno.test("withProgress() tells a terminal what takes long, and takes it back", async () => {
  const { output, written, hasBegun } = createOutput(true);
  const result = await withProgress("making keys", () => hasBegun.then(() => 7), output);
  assertEquals(result, 7);
  assertEquals(written.length, 2);
  assertMatch(written[0]!, /making keys \.\.\./);
  assertEquals(written[1], "\r\x1b[K");
});

Deno.test("withProgress() takes it back, too, when the work fails", async () => {
  const { output, written, hasBegun } = createOutput(true);
  const work = () => hasBegun.then(() => Promise.reject(new Error("out of luck")));
  await assertRejects(() => withProgress("making keys", work, output), Error, "out of luck");
  assertEquals(written.at(-1), "\r\x1b[K");
});

Deno.test("withProgress() does not mention what is soon done", async () => {
  const { output, written } = createOutput(true);
  assertEquals(await withProgress("making keys", () => Promise.resolve(7), output), 7);
  assertEquals(written, []);
});

Deno.test("withProgress() writes nothing to a file or a pipe", async () => {
  const { output, written } = createOutput(false);
  const slow = () => new Promise((resolve) => setTimeout(resolve, 400));
  await withProgress("making keys", slow, output);
  assertEquals(written, []);
});
