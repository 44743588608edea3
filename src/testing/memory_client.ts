/**
 * Carries requests to an app in the same process: to what serves them on a port, too, without the port.
 *
 * @module
 */

import {
  Code,
  ConnectError,
  type UniversalClientRequest,
  type UniversalClientResponse,
} from "../deps.ts";
import { appStarter, type FastGRPC } from "../app.ts";
import type { Dispatcher } from "../dispatcher.ts";
import type { Peer } from "../peer.ts";
import { resolveConnectionLimits } from "../transport/connection_limits.ts";
import { MemoryStream } from "./memory_stream.ts";

/** Who calls, and what. */
export interface MemoryClientOptions {
  /** Whether `grpc.health.v1.Health` is served. */
  readonly healthCheck: boolean;
  readonly reflection: boolean;
  /** Whom handlers see. */
  readonly peer: Peer;
}

/** Makes calls in memory. */
export class MemoryClient {
  readonly #dispatcher: Promise<Dispatcher>;
  readonly #peer: Peer;
  readonly #streams = new Set<MemoryStream>();

  constructor(app: FastGRPC, { healthCheck, reflection, peer }: MemoryClientOptions) {
    const { maxHeaderListBytes } = resolveConnectionLimits({});
    const options = { healthCheck, reflection, maxHeaderListBytes };
    this.#dispatcher = appStarter(app).createDispatcher(options);
    this.#dispatcher.catch(() => {});
    this.#peer = peer;
  }

  /** Makes a call. */
  async request(request: UniversalClientRequest): Promise<UniversalClientResponse> {
    const dispatcher = await this.#dispatcher;
    const stream = new MemoryStream(request, this.#peer);
    // Cancelled before it began: nothing is sent then.
    if (stream.closed) return await stream.response;
    this.#streams.add(stream);
    stream.onClose(() => this.#streams.delete(stream));
    dispatcher.dispatch(stream);
    return await stream.response;
  }

  /** Ends what is left of its calls. */
  async close(): Promise<void> {
    const reason = new ConnectError("the client is closed", Code.Canceled);
    (await this.#dispatcher).close(reason);
  }
}
