/**
 * Floods of frames over one connection, and what the server says to them.
 *
 * @module
 */

import { FrameClient, type FrameClientOptions } from "./frame_client.ts";
import { concat, FRAME, frame } from "./http2_frames.ts";

/** How many frames go into one write, about. */
const CHUNK_BYTES = 65_536;

/** What became of a flood. */
export interface FloodResult {
  /** How many pieces of it were written; the last ones may never have been read. */
  readonly sent: number;
  /** Error code of the server's GOAWAY, `undefined` if there was none. */
  readonly goaway: number | undefined;
  /** Whether the server closed the connection. */
  readonly closed: boolean;
}

/** Options for {@linkcode flood}. */
export interface FloodOptions extends FrameClientOptions {
  /** Most pieces to send. */
  readonly count: number;
  /** Sent before, such as what opens a stream. */
  readonly prelude?: Uint8Array;
}

/**
 * Connects and sends one piece after the other, as fast as the server reads, until there are enough
 * of them or the server closes. Then it waits until the server has dealt with all.
 *
 * @param piece Gives the bytes of a piece by its index.
 */
export async function flood(
  { count, prelude, ...options }: FloodOptions,
  piece: (index: number) => Uint8Array,
): Promise<FloodResult> {
  await using client = await FrameClient.connect(options);
  let closed = false;
  client.closed.then(() => closed = true);
  if (prelude !== undefined) await client.send(prelude);
  let sent = 0;
  while (sent < count && !closed) {
    const pieces: Uint8Array[] = [];
    for (let bytes = 0; bytes < CHUNK_BYTES && sent < count;) {
      const next = piece(sent++);
      pieces.push(next);
      bytes += next.byteLength;
    }
    await client.send(...pieces);
  }
  // An answer, or the end: whatever comes, the server is through.
  await client.ping().catch(() => {});
  if (client.frames.some(({ type }) => type === FRAME.goaway)) await untilClosed(client);
  return { sent, goaway: goawayOf(client), closed };
}

/** Waits until the server has closed a connection, but not for ever. */
export async function untilClosed(client: FrameClient): Promise<void> {
  await client.until(() => false).catch((error) => {
    if (error.message !== "connection is closed") throw error;
  });
  await client.closed;
}

/** Error code of the last GOAWAY that a client got. */
export function goawayOf({ frames }: FrameClient): number | undefined {
  return frames.findLast(({ type }) => type === FRAME.goaway)?.payload[7];
}

/** PRIORITY; a length other than 5 is wrong. */
export function priority(streamId: number, length: number = 5): Uint8Array {
  return frame(2, 0, streamId, new Uint8Array(length));
}

/** The same bytes several times. */
export function repeat(bytes: Uint8Array, count: number): Uint8Array {
  return concat(...Array.from({ length: count }, () => bytes));
}
