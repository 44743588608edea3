/**
 * `grpc.health.v1.Health` (https://github.com/grpc/grpc/blob/master/doc/health-checking.md, and gRFC
 * A90 for List) over the status that the application sets. A service like any other: it uses only
 * what users can use.
 *
 * @module
 */

import { Code, ConnectError } from "./deps.ts";
import {
  Health,
  HealthCheckResponse_ServingStatus as WireStatus,
} from "../gen/grpc/health/v1/health_pb.ts";
import type { HealthStatus, ServingStatus } from "./health_status.ts";
import type { ServiceImplementation, ServiceOptions } from "./service.ts";

export { Health };

/** Most services that List tells of (gRFC A90). */
const LIST_LIMIT = 100;

/** Health answers whatever the app does, and its endless streams hold no shutdown up. */
export const HEALTH_OPTIONS: ServiceOptions<typeof Health> = {
  standalone: true,
  methods: { watch: { endOnDrain: true } },
};

/** The handlers of the health service. */
export function healthHandlers(health: HealthStatus): ServiceImplementation<typeof Health> {
  return {
    check({ service }) {
      const status = health.get(service);
      if (status === undefined) {
        throw new ConnectError(`unknown service "${service}"`, Code.NotFound);
      }
      return { status: toWire(status) };
    },

    list() {
      if (health.size > LIST_LIMIT) {
        throw new ConnectError(
          `more than ${LIST_LIMIT} services: ask for each with Check`,
          Code.ResourceExhausted,
        );
      }
      const statuses: Record<string, { status: WireStatus }> = {};
      for (const [service, status] of health.entries()) {
        statuses[service] = { status: toWire(status) };
      }
      return { statuses };
    },

    async *watch({ service }, { signal }) {
      let sent: WireStatus | undefined;
      while (!signal.aborted) {
        const current = toWire(health.get(service));
        if (current === sent) await health.changed(signal);
        else yield { status: sent = current };
      }
    },
  };
}

function toWire(status: ServingStatus | undefined): WireStatus {
  return status === undefined ? WireStatus.SERVICE_UNKNOWN : WireStatus[status];
}
