/**
 * Details of errors as the behaviour matrix has them, in short.
 *
 * @module
 */

import type { ConnectError } from "@connectrpc/connect";
import { BadRequestSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { SayHelloRequestSchema } from "../../gen/greeter/v1/greeter_pb.ts";

/** Names of those that are requests of the example service, and violations as `field REASON`. */
export function readDetails(error: ConnectError | undefined): string[] {
  if (error === undefined) return [];
  return [
    ...error.findDetails(SayHelloRequestSchema).map(({ name }) => name),
    ...error.findDetails(BadRequestSchema).flatMap(({ fieldViolations }) =>
      fieldViolations.map(({ field, reason }) => `${field} ${reason}`)
    ),
  ];
}
