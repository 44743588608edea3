/**
 * HTTP/2 on one connection, whichever engine speaks it: what the life of a connection needs of it.
 *
 * @module
 */

/** A session of HTTP/2. */
export interface Http2Link {
  /** Whether it is over. */
  readonly isDestroyed: boolean;
  /**
   * GOAWAY with the highest stream id: no more streams, please, but none is refused yet (RFC 9113,
   * section 6.8).
   *
   * @param onWritten Called when it has been taken.
   */
  goaway(errorCode: number, onWritten?: () => void): void;
  /** PING; calls back when it is answered. @throws {Error} If the session is closing already. */
  ping(onAnswer: () => void): void;
  /** Ends the session, on which nothing is in progress, with the real GOAWAY, and its socket. */
  close(): void;
  /** Ends it now. */
  destroy(): void;
}
