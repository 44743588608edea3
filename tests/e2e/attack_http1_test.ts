import { assert, assertMatch } from "@std/assert";
import { startVictim } from "../support/attack.ts";
import { repeat } from "../support/attack_floods.ts";
import { bytesOf } from "../support/http2_frames.ts";

const START = "POST /greeter.v1.Greeter/SayHello HTTP/1.1\r\nHost: localhost\r\n" +
  "Content-Type: application/json\r\n";
/** More than a server should take before it closes. */
const MANY_BYTES = 2 ** 30;

/** What begins a request, what goes on without an end, and how the answer begins, if one comes. */
const FLOODS: Readonly<Record<string, [start: string, piece: string, answer: RegExp]>> = {
  "a method": ["P", "P", /^(HTTP\/1\.1 400 |$)/],
  "a path": ["POST /", "a", /^(HTTP\/1\.1 431 |$)/],
  "a field": [`${START}X-Large: `, "a", /^(HTTP\/1\.1 431 |$)/],
  "fields": [START, "X-Field: abcdefgh\r\n", /^(HTTP\/1\.1 431 |$)/],
  "trailers": [
    `${START}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n`,
    "X-Field: abcdefgh\r\n",
    /^(HTTP\/1\.1 431 |$)/,
  ],
  "a body": [`${START}Content-Length: 99999999999\r\n\r\n`, "a", /^(HTTP\/1\.1 429 |$)/],
  "chunks": [
    `${START}Transfer-Encoding: chunked\r\n\r\n`,
    `1000\r\n${"a".repeat(4096)}\r\n`,
    /^(HTTP\/1\.1 429 |$)/,
  ],
  "pipelined requests": ["", `${START}Content-Length: 2\r\n\r\n{}`, /^(HTTP\/1\.1 200 |$)/],
};

Deno.test("app.serve() ends requests of HTTP/1.1 that have no end", async (test) => {
  await using victim = await startVictim();
  for (const [name, [start, piece, pattern]] of Object.entries(FLOODS)) {
    await test.step(name, async () => {
      const chunk = repeat(bytesOf(piece), Math.ceil(65_536 / piece.length));
      // Of some 370 MiB that are read and dropped within half a second, 80 to 150 may be there as
      // garbage; if they were kept, all of them.
      const { result } = await victim.endure(name, { mib: 256 }, async () => {
        using socket = await Deno.connect({ hostname: "127.0.0.1", port: victim.port });
        const reading = readAll(socket);
        let sent = 0;
        try {
          for (let bytes = bytesOf(start); sent < MANY_BYTES; bytes = chunk) {
            for (let at = 0; at < bytes.byteLength;) at += await socket.write(bytes.subarray(at));
            sent += bytes.byteLength;
          }
        } catch {
          // The server has closed.
        }
        return { sent, answer: (await reading).slice(0, 40) };
      });
      assertMatch(result.answer, pattern);
      assert(result.sent < MANY_BYTES, "all of it was taken");
      await victim.untilCount(
        "nothing is left",
        ({ calls, connections }) => calls + connections === 2,
      );
    });
  }
});

/** Reads until the server closes, also by a reset, which may swallow the answer. */
async function readAll(socket: Deno.Conn): Promise<string> {
  const chunk = new Uint8Array(65_536);
  let text = "";
  try {
    for (let length; (length = await socket.read(chunk)) !== null;) {
      if (text.length < 1024) text += new TextDecoder().decode(chunk.subarray(0, length));
    }
  } catch {
    // Reset.
  }
  return text;
}
