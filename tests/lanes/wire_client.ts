/**
 * Makes the calls of the behaviour matrix as bytes over HTTP/2, for what no client of gRPC's would
 * send. `wire_answer.ts` reads what comes back.
 *
 * @module
 */

import type { ClientHttp2Stream } from "node:http2";
import { create, toBinary, toJsonString } from "@bufbuild/protobuf";
import { SayHelloRequestSchema } from "../../gen/greeter/v1/greeter_pb.ts";
import { envelope } from "../support/envelopes.ts";
import { connectHttp2, readResponse } from "../support/http2_client.ts";
import { concat } from "../support/http2_frames.ts";
import { eventually } from "../support/waiting.ts";
import type { WireFormat } from "../support/wire_formats.ts";
import type { ConnectNodeCall } from "./connect_node_client.ts";
import type { Answer } from "./scenario.ts";
import { toAnswer } from "./wire_answer.ts";

const H2_CANCEL = 0x8;
const COMPRESSED = 1;

/** Names of the fields that each format has for the same things. */
const FIELDS = {
  "grpc": ["grpc-encoding", "grpc-accept-encoding", "grpc-timeout"],
  "grpc-web": ["grpc-encoding", "grpc-accept-encoding", "grpc-timeout"],
  "connect stream": ["connect-content-encoding", "connect-accept-encoding", "connect-timeout-ms"],
  "connect unary": ["content-encoding", "accept-encoding", "connect-timeout-ms"],
} as const;

/** Makes a call on a connection of its own. */
export async function callByWire(baseUrl: string, call: ConnectNodeCall): Promise<Answer> {
  const { kind, notes, cancel, path } = call;
  const format = formatOf(call);
  using client = connectHttp2(baseUrl);
  const to = path ?? `/${kind.method.parent.typeName}/${kind.method.name}`;
  // Fields may have several values, which the helper's type does not know.
  const stream = client.open(to, fieldsOf(call, format) as Record<string, string>);
  const ended = readResponse(stream);
  let pieces = 0;
  stream.on("data", () => pieces++);
  await send(stream, call, bodyOf(call, format));
  if (cancel !== undefined) {
    const { noted, replies = 0 } = cancel;
    await eventually(noted, () => notes.includes(noted) && pieces >= replies);
    stream.close(H2_CANCEL);
  }
  const response = await ended;
  const answer = toAnswer(response, {
    format,
    json: call.json ?? false,
    encodingField: FIELDS[format][0],
    unpack: call.wire?.unpack,
  });
  // Nobody resets an answer that it has given.
  if (cancel === undefined && response.rstCode === 0) return answer;
  return { ...answer, code: cancel ? "canceled" : `reset ${response.rstCode}`, message: "" };
}

function formatOf({ protocol, kind }: ConnectNodeCall): WireFormat {
  if (protocol !== "connect") return protocol;
  return kind.name === "unary" ? "connect unary" : "connect stream";
}

function fieldsOf(
  { contentTypes, json, metadata = [], wire = {} }: ConnectNodeCall,
  format: WireFormat,
): Record<string, string | string[]> {
  const [encoding, accept, timeout] = FIELDS[format];
  const contentType = contentTypes[json ? 1 : 0];
  const isConnectStream = format === "connect stream";
  const fields: Record<string, string | string[]> = {
    "content-type": isConnectStream ? contentType.replace("/", "/connect+") : contentType,
    ...(wire.encoding !== undefined && { [encoding]: wire.encoding }),
    ...(wire.accept !== undefined && { [accept]: wire.accept }),
    ...(wire.timeout && { [timeout]: wire.timeout[timeout === "grpc-timeout" ? 0 : 1] }),
  };
  for (const [name, value] of metadata) {
    fields[name] = fields[name] === undefined ? value : [...[fields[name]].flat(), value];
  }
  return fields;
}

function bodyOf(
  { names = ["a"], json, wire = {} }: ConnectNodeCall,
  format: WireFormat,
): Uint8Array {
  if (wire.body !== undefined) return wire.body;
  return concat(...names.map((name) => {
    const message = create(SayHelloRequestSchema, { name });
    const bytes = json
      ? new TextEncoder().encode(toJsonString(SayHelloRequestSchema, message))
      : toBinary(SayHelloRequestSchema, message);
    const packed = wire.pack?.(bytes) ?? bytes;
    const flags = wire.flags ?? (wire.pack === undefined ? 0 : COMPRESSED);
    return format === "connect unary" ? packed : envelope(packed, { flags });
  }));
}

async function send(
  stream: ClientHttp2Stream,
  { wire: { pieceBytes = Infinity, last } = {}, keepOpen, notes }: ConnectNodeCall,
  body: Uint8Array,
): Promise<void> {
  for (let at = 0; at < body.length; at += pieceBytes) {
    stream.write(body.subarray(at, at + pieceBytes));
  }
  if (last !== undefined) {
    await eventually(last.noted, () => notes.includes(last.noted));
    stream.write(last.body);
  }
  if (!keepOpen) stream.end();
}
