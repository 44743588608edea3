/**
 * Makes the calls of the behaviour matrix by grpc-js.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { Metadata } from "@grpc/grpc-js";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import { findTrailerError } from "@connectrpc/connect/protocol-grpc";
import type { SayHelloResponse } from "../../gen/greeter/v1/greeter_pb.ts";
import { connectGrpcJs } from "../support/grpc_js.ts";
import { readDetails } from "./details.ts";
import type { Answer, CallPlan } from "./scenario.ts";

/** Makes a call on a channel of its own. */
export async function callByGrpcJs(port: number, plan: CallPlan): Promise<Answer> {
  using client = connectGrpcJs(port);
  const metadata = new Metadata();
  for (const [name, value] of plan.metadata ?? []) {
    metadata.add(name, name.endsWith("-bin") ? Buffer.from(value, "base64") : value);
  }
  const requests = (plan.names ?? ["a"]).map((name) => ({ name }));
  const { messages, header, status } = await client.call(plan.kind.method, requests, {
    metadata,
    keepOpen: plan.keepOpen ?? false,
  });
  return {
    code: status.code === 0 ? "ok" : codeToString(Number(status.code)),
    message: status.code === 0 ? "" : status.details,
    details: detailsOf(status.metadata),
    replies: (messages as SayHelloResponse[]).map(({ message }) => message),
    header: fieldsOf(header),
    trailer: fieldsOf(status.metadata),
  };
}

function detailsOf(metadata: Metadata): string[] {
  const [status] = metadata.get("grpc-status-details-bin");
  if (!(status instanceof Uint8Array)) return [];
  const field = Buffer.from(status).toString("base64");
  const error = findTrailerError(new Headers({ "grpc-status-details-bin": field }));
  return readDetails(error);
}

function fieldsOf(metadata: Metadata | undefined): Record<string, string> {
  const fields: Record<string, string> = {};
  for (
    const name of Object.keys(metadata?.getMap() ?? {}).filter((each) => each.startsWith("x-"))
  ) {
    fields[name] = metadata!.get(name)
      .map((value) => typeof value === "string" ? value : value.toString("base64"))
      .join(", ");
  }
  return fields;
}
