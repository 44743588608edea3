/**
 * The health port: `grpc.health.v1` and nothing else, in plaintext, for probes that have no client
 * certificate.
 *
 * @module
 */

import { Code, ConnectError } from "../deps.ts";
import { Dispatcher } from "../dispatcher.ts";
import { Health, HEALTH_OPTIONS, healthHandlers } from "../health.ts";
import type { HealthStatus } from "../health_status.ts";
import { ConnectLane } from "../protocol/connect_lane.ts";
import { GrpcLane } from "../protocol/grpc/grpc_lane.ts";
import type { LaneOptions } from "../protocol/lane.ts";
import { resolveService } from "../service.ts";
import { openSidePort, type SideAddress, type SidePort } from "./side_port.ts";

/** The name of a service fits well in here. */
const MAX_REQUEST_BYTES = 4096;
/** So do the statuses of a hundred. */
const MAX_REPLY_BYTES = 1024 * 1024;
const MAX_HEADER_LIST_BYTES = 16_384;

const LANE_OPTIONS: LaneOptions = {
  interceptors: [],
  maxReceiveBytes: MAX_REQUEST_BYTES,
  maxSendBytes: MAX_REPLY_BYTES,
  types: undefined,
};

/**
 * Opens the health port.
 *
 * @param health What it tells.
 * @throws {ConfigError} If it cannot be opened.
 */
export async function openHealthPort(
  address: SideAddress,
  health: HealthStatus,
): Promise<SidePort> {
  const options = { ...HEALTH_OPTIONS, standalone: false };
  const specs = resolveService(Health, healthHandlers(health), options, undefined);
  const dispatcher = new Dispatcher({
    methods: new Map(specs.map((spec) => [spec.path, spec])),
    connectLane: new ConnectLane(specs, LANE_OPTIONS),
    grpcLane: new GrpcLane(specs, LANE_OPTIONS),
    cors: undefined,
    maxHeaderListBytes: MAX_HEADER_LIST_BYTES,
  });
  const onStream = dispatcher.dispatch.bind(dispatcher);
  const { addr, close } = await openSidePort({ ...address, name: "healthPort", onStream });
  return {
    addr,
    close() {
      dispatcher.close(new ConnectError("the server is shutting down", Code.Unavailable));
      return close();
    },
  };
}
