/**
 * A wire without a network, as honest as a socket: it calls back when bytes have been taken, and not
 * before, it reads them no sooner, and fails if they have changed in the meantime.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Wire } from "../../src/http2/output.ts";
import { concat } from "./http2_frames.ts";

interface PendingWrite {
  readonly bytes: Uint8Array;
  /** What they were. */
  readonly copy: Uint8Array;
  readonly onTaken: (error?: Error | null) => void;
}

/** Where a session writes to. */
export class FakeWire implements Wire {
  /** What has been taken, one piece for each write to the system: several chunks may go in one. */
  readonly writes: Uint8Array[] = [];
  /** The chunks in which it came. */
  readonly chunks: Uint8Array[] = [];
  #pending: PendingWrite[][] = [];
  #corked: PendingWrite[] | undefined;
  /** Whether it takes what is written at once, but for the callback. */
  #isOpen: boolean;

  /** @param isOpen Whether it takes everything; if not, what it is told to take. */
  constructor(isOpen = true) {
    this.#isOpen = isOpen;
  }

  get writableLength(): number {
    return [...this.#pending.flat(), ...this.#corked ?? []]
      .reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  write(bytes: Uint8Array, onTaken: (error?: Error | null) => void): boolean {
    const write = { bytes, copy: bytes.slice(), onTaken };
    if (this.#corked !== undefined) this.#corked.push(write);
    else this.#send([write]);
    return true;
  }

  cork(): void {
    this.#corked = [];
  }

  uncork(): void {
    const writes = this.#corked!;
    this.#corked = undefined;
    this.#send(writes);
  }

  /** Takes what waits: so many writes, or all. */
  take(count = Infinity): void {
    for (const writes of this.#pending.splice(0, count)) this.#take(writes);
  }

  /** Takes everything from now on. */
  open(): void {
    this.#isOpen = true;
    this.take();
  }

  /** Breaks: what waits is never taken. */
  break(): void {
    for (const { onTaken } of this.#pending.splice(0).flat()) onTaken(new Error("broken"));
  }

  /** All bytes that were taken. */
  get bytes(): Uint8Array {
    return concat(...this.writes);
  }

  #send(writes: PendingWrite[]): void {
    this.#pending.push(writes);
    // As node:net does: written at once, told in the next tick.
    if (this.#isOpen) queueMicrotask(() => this.take());
  }

  #take(writes: PendingWrite[]): void {
    for (const { bytes, copy } of writes) {
      assertEquals(bytes, copy, "bytes on the wire have changed");
    }
    this.chunks.push(...writes.map(({ bytes }) => bytes));
    this.writes.push(concat(...writes.map(({ copy }) => copy)));
    for (const { onTaken } of writes) onTaken();
  }
}
