/**
 * A Watch of the health service that stays open, with what it has told.
 *
 * @module
 */

import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "../../gen/grpc/health/v1/health_pb.ts";
import type { Target } from "./channels.ts";

/** An open Watch. */
export interface HealthWatch {
  /** What was told, and the code at the end, once it has ended. */
  readonly ended: Promise<string[]>;
  /** Ends it, and tells what was told until then. */
  end(): Promise<string[]>;
}

/** Opens a Watch over mTLS. */
export function watchHealth({ ports, tls }: Target): HealthWatch {
  const baseUrl = `https://127.0.0.1:${ports.mtls}`;
  const sessionManager = new Http2SessionManager(baseUrl, {}, tls);
  const client = createClient(Health, createGrpcTransport({ baseUrl, sessionManager }));
  const controller = new AbortController();
  const ended = (async () => {
    const seen: string[] = [];
    try {
      for await (const { status } of client.watch({}, { signal: controller.signal })) {
        seen.push(Status[status]);
      }
    } catch (error) {
      const code = ConnectError.from(error).code;
      if (!controller.signal.aborted) {
        seen.push(code === Code.Unavailable ? "unavailable" : `${error}`);
      }
    }
    sessionManager.abort();
    return seen;
  })();
  return {
    ended,
    end() {
      controller.abort();
      return ended;
    },
  };
}
