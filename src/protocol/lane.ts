/**
 * What all lanes are made from.
 *
 * @module
 */

import type { Interceptor, Registry } from "../deps.ts";

/** Options for a lane. */
export interface LaneOptions {
  /** The app's interceptors, outermost first. */
  readonly interceptors: readonly Interceptor[];
  /** Largest message to receive, in bytes, after decompression. */
  readonly maxReceiveBytes: number;
  /** Largest message to send, in bytes. */
  readonly maxSendBytes: number;
  /** What an `Any` may hold in JSON, besides what the services know. */
  readonly types: Registry | undefined;
}

/** How an app is served that sets nothing, and a method that what the app sets leaves alone. */
export const DEFAULT_LANE_OPTIONS: LaneOptions = {
  interceptors: [],
  maxReceiveBytes: 4 * 1024 * 1024,
  maxSendBytes: 0xffff_ffff,
  types: undefined,
};
