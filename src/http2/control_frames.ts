/**
 * Frames of the connection, and those that end a stream or widen its window, as they are written (RFC
 * 9113, section 6).
 *
 * @module
 */

import { FLAG, FRAME } from "./frames.ts";
import type { Output } from "./output.ts";

const SETTING_BYTES = 6;

/** Writes SETTINGS (section 6.5). */
export function writeSettings(
  output: Output,
  settings: readonly (readonly [id: number, value: number])[],
): void {
  output.frame(settings.length * SETTING_BYTES, FRAME.settings, 0, 0);
  for (const [id, value] of settings) {
    output.uint16(id);
    output.uint32(value);
  }
}

/** Writes that the client's SETTINGS are in force (section 6.5.3). */
export function writeSettingsAck(output: Output): void {
  output.frame(0, FRAME.settings, FLAG.ack, 0);
}

/** Writes PING with a number, by which its answer is known (section 6.7). */
export function writePing(output: Output, opaque: number): void {
  output.frame(8, FRAME.ping, 0, 0);
  output.uint32(0);
  output.uint32(opaque);
}

/** Writes the answer to a PING, which is what that had in it. */
export function writePingAck(output: Output, payload: Uint8Array): void {
  output.frame(8, FRAME.ping, FLAG.ack, 0);
  output.copy(payload);
}

/** Writes RST_STREAM (section 6.4). */
export function writeReset(output: Output, streamId: number, code: number): void {
  output.frame(4, FRAME.rstStream, 0, streamId);
  output.uint32(code);
}

/** Writes GOAWAY (section 6.8). */
export function writeGoaway(output: Output, lastId: number, code: number): void {
  output.frame(8, FRAME.goaway, 0, 0);
  output.uint32(lastId);
  output.uint32(code);
}

/** Writes WINDOW_UPDATE (section 6.9); the stream 0 is the connection. */
export function writeWindowUpdate(output: Output, streamId: number, bytes: number): void {
  output.frame(4, FRAME.windowUpdate, 0, streamId);
  output.uint32(bytes);
}
