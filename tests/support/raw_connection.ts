/**
 * A connection whose bytes are as a test has them, for HTTP/1.1 without TLS and for what is neither
 * that nor HTTP/2.
 *
 * @module
 */

import { bytesOf } from "./http2_frames.ts";

/** A connection that is kept open, and whose pieces are as the test has them. */
export class RawConnection implements Disposable {
  readonly #conn: Deno.Conn;

  private constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  static async connect(port: number): Promise<RawConnection> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    conn.setNoDelay(true);
    return new RawConnection(conn);
  }

  async send(...pieces: readonly string[]): Promise<void> {
    for (const piece of pieces) {
      await this.#conn.write(bytesOf(piece));
      // So that each piece is read by itself; how long it takes is of no matter.
      if (pieces.length > 1) await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  /** What comes up to a pattern, or to the end. */
  async receive(until: RegExp): Promise<string> {
    const chunk = new Uint8Array(4096);
    let received = "";
    while (!until.test(received)) {
      const count = await this.#conn.read(chunk);
      if (count === null) break;
      received += String.fromCharCode(...chunk.subarray(0, count));
    }
    return received;
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }
}

/** A request of HTTP/1.1 that calls `SayHello`. */
export function postOf(name: string, contentType = "application/json"): string {
  const body = JSON.stringify({ name });
  return `POST /greeter.v1.Greeter/SayHello HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${contentType}\r\n` +
    `content-length: ${body.length}\r\n\r\n${body}`;
}
