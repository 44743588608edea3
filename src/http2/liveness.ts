/**
 * Answers that a client owes: to our settings, and to pings (RFC 9113, sections 6.5.3 and 6.7).
 *
 * @module
 */

import { type HeapTimer, startTimer, stopTimer } from "../timer_heap.ts";
import { writePing } from "./control_frames.ts";
import { readUint32 } from "./frames.ts";
import type { Output } from "./output.ts";

/** How long the client may take to acknowledge the settings. */
const SETTINGS_MS = 10_000;

interface Ping {
  readonly opaque: number;
  readonly onAnswer: () => void;
}

/** What was asked, and not yet answered. */
export class Liveness {
  readonly #output: Output;
  #settingsTimer: HeapTimer | undefined;
  #pings: Ping[] = [];
  #lastPing = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  /** The settings were sent. */
  expectSettingsAck(onTimeout: () => void): void {
    this.#settingsTimer = startTimer(performance.now() + SETTINGS_MS, onTimeout);
  }

  /** The client has acknowledged settings. Tells whether any were to be. */
  noteSettingsAck(): boolean {
    if (this.#settingsTimer === undefined) return false;
    stopTimer(this.#settingsTimer);
    this.#settingsTimer = undefined;
    return true;
  }

  /** Sends a PING. */
  ping(onAnswer: () => void): void {
    const opaque = ++this.#lastPing;
    this.#pings.push({ opaque, onAnswer });
    writePing(this.#output, opaque);
  }

  /** The client has answered a PING. Tells whether it is one of ours. */
  notePingAck(payload: Uint8Array): boolean {
    const opaque = readUint32(payload, 4);
    const index = this.#pings.findIndex((ping) => ping.opaque === opaque);
    if (index < 0 || readUint32(payload, 0) !== 0) return false;
    const [ping] = this.#pings.splice(index, 1);
    ping!.onAnswer();
    return true;
  }

  /** Nothing is waited for any longer. */
  stop(): void {
    this.noteSettingsAck();
    this.#pings = [];
  }
}
