/**
 * What clients sent on one connection, call after call, as a proxy between them and a server saw it;
 * the fields are what an implementation of HPACK in another language reads in them.
 *
 * @module
 */

import recorded from "./recorded_blocks.json" with { type: "json" };

/** The first blocks of a connection. */
export interface RecordedBlocks {
  /** In hexadecimal digits. */
  readonly blocks: readonly string[];
  /** The fields of each of them. */
  readonly fields: Readonly<Record<string, string>>;
  /** What `grpc-timeout` is in each of them besides. */
  readonly timeouts?: readonly string[];
}

/** By the name of the client, and what it is told to do. */
export const RECORDED_BLOCKS: Readonly<Record<string, RecordedBlocks>> = recorded;
