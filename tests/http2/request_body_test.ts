import { assertEquals } from "@std/assert";
import { RequestBody } from "../../src/http2/request_body.ts";

/** Notes what it is told: bytes as their number, and ends. */
class Notes {
  readonly all: (number | string)[] = [];
  /** Called with each piece. */
  act: (length: number) => void = () => {};

  onBytes({ length }: Uint8Array): void {
    this.all.push(length);
    this.act(length);
  }

  onEnd(): void {
    this.all.push("end");
  }
}

function open({ contentLength = -1, isEnded = false } = {}) {
  let credit = 0;
  let ends = 0;
  const owner = {
    noteRead: (bytes: number) => void (credit += bytes),
    noteEnd: () => void ends++,
  };
  const body = new RequestBody(owner, contentLength, isEnded);
  const push = (length: number, isEnd = false) => body.push(new Uint8Array(length), isEnd);
  return { body, push, credit: () => credit, ends: () => ends, notes: new Notes() };
}

Deno.test("RequestBody hands on what comes, and gives credit for it", () => {
  const { body, push, notes, credit, ends } = open();
  body.receive(notes);
  push(10);
  push(5);
  push(1, true);
  assertEquals([notes.all, credit(), ends()], [[10, 5, 1], 16, 1]);
  body.tellEnd();
  body.tellEnd();
  assertEquals(notes.all, [10, 5, 1, "end"]);
});

Deno.test("RequestBody keeps what comes before there is a reader", () => {
  const { body, push, notes, credit, ends } = open();
  push(10);
  push(5, true);
  assertEquals([credit(), ends()], [0, 0]);
  body.receive(notes);
  assertEquals([notes.all, credit()], [[10, 5, "end"], 15]);
});

Deno.test("RequestBody tells of the end of a request without a body", () => {
  const { body, notes } = open({ isEnded: true });
  body.receive(notes);
  assertEquals(notes.all, ["end"]);
});

Deno.test("RequestBody stops where it is paused, and resumes there", () => {
  const { body, push, notes, credit } = open();
  notes.act = (length) => length === 10 && body.pause();
  body.receive(notes);
  for (const length of [1, 10, 2, 10, 3]) push(length);
  push(0, true);
  body.tellEnd();
  assertEquals([notes.all, credit()], [[1, 10], 11]);
  body.resume();
  assertEquals([notes.all, credit()], [[1, 10, 2, 10], 23]);
  body.resume();
  assertEquals([notes.all, credit()], [[1, 10, 2, 10, 3, "end"], 26]);
});

Deno.test("RequestBody resumes from within its reader, in order", () => {
  const { body, push, notes } = open();
  notes.act = () => {
    body.pause();
    body.resume();
  };
  for (const length of [1, 2, 3, 4]) push(length);
  body.receive(notes);
  assertEquals(notes.all, [1, 2, 3, 4]);
});

Deno.test("RequestBody.stop() drops the rest, and gives credit for it", () => {
  const { body, push, notes, credit } = open();
  body.pause();
  body.receive(notes);
  push(10);
  assertEquals(credit(), 0);
  body.stop();
  push(5, true);
  body.resume();
  body.tellEnd();
  assertEquals([notes.all, credit()], [[], 15]);
});

Deno.test("RequestBody stops when its reader stops it", () => {
  const { body, push, notes, credit } = open();
  notes.act = () => body.stop();
  push(1);
  push(2);
  body.receive(notes);
  assertEquals([notes.all, credit()], [[1], 3]);
});

/** A content-length, the pieces that come, the last one with the end, and whether each is accepted. */
const LENGTHS: readonly [contentLength: number, pieces: number[], accepted: boolean[]][] = [
  [-1, [1, 2, 3], [true, true, true]],
  [6, [1, 2, 3], [true, true, true]],
  [5, [1, 2, 3], [true, true, false]],
  [7, [1, 2, 3], [true, true, false]],
  [0, [0], [true]],
  [0, [1], [false]],
];

Deno.test("RequestBody is as long as content-length says", () => {
  for (const [contentLength, pieces, accepted] of LENGTHS) {
    const { push } = open({ contentLength });
    const last = pieces.length - 1;
    assertEquals(pieces.map((length, i) => push(length, i === last)), accepted);
  }
});
