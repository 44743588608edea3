/**
 * Settings of both ends (RFC 9113, section 6.5).
 *
 * @module
 */

import {
  DEFAULT_FRAME_BYTES,
  ERROR,
  Http2Error,
  MAX_WINDOW,
  readUint32,
  SETTING,
} from "./frames.ts";

/** The window of each stream, and of the connection, before settings say otherwise (section 6.9.2). */
export const DEFAULT_WINDOW = 65_535;

const SETTING_BYTES = 6;
const MAX_FRAME_BYTES = 0xff_ffff;

/** What the peer has set, as far as a server is concerned. */
export class PeerSettings {
  headerTableSize = 4096;
  initialWindow: number = DEFAULT_WINDOW;

  /**
   * Takes the payload of a SETTINGS frame.
   *
   * @throws {Http2Error} If a value is out of range (section 6.5.2).
   */
  take(bytes: Uint8Array, start: number, end: number): void {
    if ((end - start) % SETTING_BYTES !== 0) {
      throw new Http2Error("SETTINGS end in the midst of one", ERROR.frameSizeError);
    }
    for (let at = start; at < end; at += SETTING_BYTES) {
      this.#set(bytes[at]! << 8 | bytes[at + 1]!, readUint32(bytes, at + 2));
    }
  }

  #set(id: number, value: number): void {
    switch (id) {
      case SETTING.headerTableSize:
        this.headerTableSize = value;
        return;
      case SETTING.enablePush:
        if (value > 1) throw new Http2Error("ENABLE_PUSH is no flag", ERROR.protocolError);
        return;
      case SETTING.initialWindowSize:
        if (value > MAX_WINDOW) {
          throw new Http2Error("INITIAL_WINDOW_SIZE is too large", ERROR.flowControlError);
        }
        this.initialWindow = value;
        return;
      case SETTING.maxFrameSize:
        if (value < DEFAULT_FRAME_BYTES || value > MAX_FRAME_BYTES) {
          throw new Http2Error("MAX_FRAME_SIZE is out of range", ERROR.protocolError);
        }
        // No larger frames are sent than any client takes.
    }
    // Others are for servers to set, only advice, or unknown, and so to be ignored.
  }
}
