/**
 * The health of several workers as that of one server: a service is as well as the worker that is
 * worst off.
 *
 * @module
 */

import { type ServingStatus, worseStatus } from "../health_status.ts";
import type { Statuses } from "./messages.ts";

/** The statuses that hold where these are said. */
export function mergeStatuses(all: Iterable<Statuses>): Statuses {
  const merged = new Map<string, ServingStatus>();
  for (const statuses of all) {
    for (const [service, status] of Object.entries(statuses)) {
      merged.set(service, worseStatus(merged.get(service), status));
    }
  }
  return Object.fromEntries(merged);
}
