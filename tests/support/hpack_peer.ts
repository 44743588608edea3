/**
 * Implementations of HPACK that others made, each in a process of its own: it reads sessions of
 * `hpack_session.ts`, each a line of JSON, and answers with a line.
 *
 * @module
 */

import type { FieldList, Step, WireStep } from "./hpack_session.ts";

/** An implementation of HPACK, ended with the test's block. */
export interface HpackPeer extends AsyncDisposable {
  /** Has its encoder send fields, after pseudo-fields of its own. */
  encode(steps: readonly Step[]): Promise<WireStep[]>;
  /**
   * Has its decoder read blocks; pseudo-fields are left out.
   *
   * @returns the lists, or why it refuses one of them
   */
  decode(wire: readonly WireStep[]): Promise<FieldList[] | string>;
}

/** What a peer answers. */
interface Answer {
  readonly wire?: WireStep[];
  readonly lists?: FieldList[] | null;
  /** Why it refuses what it is to decode. */
  readonly refused?: string;
}

/** nghttp2, which is in Node: a client of `node:http2`. */
export function startNghttp2(): HpackPeer {
  return startPeer("node", [new URL("./hpack_nghttp2.mjs", import.meta.url).pathname]);
}

/** Starts a program. */
export function startPeer(command: string, args: readonly string[] = []): HpackPeer {
  const child = new Deno.Command(command, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  const lines = readLines(child.stdout);
  const ask = async (question: object): Promise<Answer> => {
    await writer.write(new TextEncoder().encode(`${JSON.stringify(question)}\n`));
    const { value, done } = await lines.next();
    if (done) throw new Error(`${command} ended`);
    return JSON.parse(value);
  };
  return {
    async encode(steps) {
      const { wire } = await ask({ encode: steps });
      return wire!;
    },
    async decode(wire) {
      const { lists, refused } = await ask({ decode: wire });
      return refused ?? lists!;
    },
    async [Symbol.asyncDispose]() {
      await writer.close();
      await lines.return(undefined);
      await child.status;
    },
  };
}

async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  let text = "";
  for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
    text += piece;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
      yield text.slice(0, end);
      text = text.slice(end + 1);
    }
  }
}
