/**
 * Frames that cost the client next to nothing, and the server an answer or some time. Good clients send
 * few of them.
 *
 * @module
 */

import { ERROR, Http2Error } from "./frames.ts";

/** How many frames that get nobody anywhere may come between two requests, and in how long. */
const [MAX_IDLE_FRAMES, IDLE_FRAMES_MS] = [10_000, 10_000];
/** How many answers are made for a client that does not take what it was sent. */
const MAX_UNREAD_ANSWERS = 1000;
/** How many requests may be refused one after the other: some send them before they know the limit. */
const MAX_REFUSED = 1000;

/** Ends floods. */
export class FloodGuard {
  #idleFrames = 0;
  #idleSince: number = performance.now();
  #unreadAnswers = 0;
  #refused = 0;

  /** A request has come that is served. */
  noteRequest(): void {
    this.#idleFrames = 0;
    this.#refused = 0;
  }

  /** A frame has come that gets nobody anywhere. @throws {Http2Error} If there are too many. */
  noteIdleFrame(): void {
    this.#idleFrames++;
    if (this.#idleFrames < MAX_IDLE_FRAMES) return;
    const now = performance.now();
    if (now - this.#idleSince < IDLE_FRAMES_MS) throw flood("idle frames");
    this.#idleSince = now;
    this.#idleFrames = 0;
  }

  /**
   * Such a frame has come, and will be answered.
   *
   * @param isTaken Whether the client takes what it is sent.
   * @throws {Http2Error} If there are too many.
   */
  noteAnswer(isTaken: boolean): void {
    this.#unreadAnswers = isTaken ? 0 : this.#unreadAnswers + 1;
    if (this.#unreadAnswers > MAX_UNREAD_ANSWERS) throw flood("frames to be answered");
    this.noteIdleFrame();
  }

  /** A request was one too many. @throws {Http2Error} If the client does not learn. */
  noteRefused(): void {
    this.#refused++;
    if (this.#refused > MAX_REFUSED) throw flood("requests");
  }
}

function flood(what: string): Http2Error {
  return new Http2Error(`a flood of ${what}`, ERROR.enhanceYourCalm);
}
