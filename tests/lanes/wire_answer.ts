/**
 * Reads an answer off the wire in any of the formats: messages, fields, and the status, which each
 * format has somewhere else.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { IncomingHttpHeaders } from "node:http2";
import { fromBinary, fromJsonString } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  codeFromHttpStatus,
  codeToString,
  endStreamFromJson,
  errorFromJsonBytes,
  trailerDemux,
} from "@connectrpc/connect/protocol-connect";
import { findTrailerError } from "@connectrpc/connect/protocol-grpc";
import { SayHelloResponseSchema } from "../../gen/greeter/v1/greeter_pb.ts";
import { type Envelope, openEnvelopes } from "../support/envelopes.ts";
import type { Http2Response } from "../support/http2_client.ts";
import type { WireFormat } from "../support/wire_formats.ts";
import { readDetails } from "./details.ts";
import type { Answer } from "./scenario.ts";

const COMPRESSED = 1;
/** Flags of the envelope that is the end, and no message. */
const END: Readonly<Record<WireFormat, number>> = {
  "grpc": 0,
  "grpc-web": 0x80,
  "connect stream": 0x02,
  "connect unary": 0,
};

/** How an answer is to be read. */
export interface AnswerOptions {
  readonly format: WireFormat;
  readonly json: boolean;
  /** Where it names its encoding. */
  readonly encodingField: string;
  readonly unpack: ((bytes: Uint8Array) => Uint8Array) | undefined;
}

interface Status {
  readonly error: ConnectError | undefined;
  readonly header: Headers;
  readonly trailer: Headers;
}

/** Reads all of an answer. */
export function toAnswer(response: Http2Response, options: AnswerOptions): Answer {
  const { format, json, encodingField } = options;
  const header = toHeaders(response.headers);
  const envelopes = format === "connect unary"
    ? wholeBody(response, options)
    : openEnvelopes(response.body);
  const messages = envelopes.filter(({ flags }) => (flags & END[format]) === 0);
  const end = envelopes.find(({ flags }) => (flags & END[format]) !== 0);
  const { error, ...fields } = statusOf(response, header, end && unpacked(end, options), options);
  return {
    code: error === undefined ? "ok" : codeToString(error.code),
    message: error?.rawMessage ?? "",
    details: readDetails(error),
    replies: messages.map((message) => {
      const bytes = unpacked(message, options);
      return json
        ? fromJsonString(SayHelloResponseSchema, textOf(bytes)).message
        : fromBinary(SayHelloResponseSchema, bytes).message;
    }),
    header: ownFields(fields.header),
    trailer: ownFields(fields.trailer),
    encoding: [header.get(encodingField) ?? "none", ...messages.map(({ flags }) => flags)].join(
      " ",
    ),
    wire: {
      fields: { ...known(response.headers), ...known(response.trailers) },
      body: Buffer.from(response.body).toString("hex"),
    },
  };
}

function statusOf(
  { headers, trailers, headersOnly, body }: Http2Response,
  header: Headers,
  end: Uint8Array | undefined,
  { format, unpack }: AnswerOptions,
): Status {
  switch (format) {
    case "grpc": {
      const trailer = toHeaders(headersOnly ? headers : trailers);
      if (headersOnly) header = new Headers();
      return { header, trailer, error: findTrailerError(trailer) ?? noStatus(trailer) };
    }
    case "grpc-web": {
      const trailer = end === undefined ? header : parseFields(textOf(end));
      if (end === undefined) header = new Headers();
      return { header, trailer, error: findTrailerError(trailer) ?? noStatus(trailer) };
    }
    case "connect stream": {
      if (end === undefined) return { header, trailer: new Headers(), error: noStatus(header) };
      const { metadata, error } = endStreamFromJson(end);
      return { header, trailer: metadata, error };
    }
    case "connect unary": {
      const [head, trailer] = trailerDemux(header);
      const httpStatus = Number(headers[":status"]);
      if (httpStatus === 200) return { header: head, trailer, error: undefined };
      const json = header.has("content-encoding") ? unpack!(body) : body;
      const fallback = new ConnectError(`HTTP ${httpStatus}`, codeFromHttpStatus(httpStatus));
      const error = json.length > 0 ? errorFromJsonBytes(json, undefined, fallback) : fallback;
      return { header: head, trailer, error };
    }
  }
}

function noStatus(trailer: Headers): ConnectError | undefined {
  return trailer.has("grpc-status") ? undefined : new ConnectError("no status", Code.Unknown);
}

/** The body of a unary answer of Connect, as if it had an envelope. */
function wholeBody({ headers, body }: Http2Response, { encodingField }: AnswerOptions): Envelope[] {
  if (Number(headers[":status"]) !== 200) return [];
  return [{ flags: headers[encodingField] === undefined ? 0 : COMPRESSED, data: body }];
}

function unpacked({ flags, data }: Envelope, { unpack }: AnswerOptions): Uint8Array {
  return (flags & COMPRESSED) === 0 ? data : new Uint8Array(unpack!(data));
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function parseFields(text: string): Headers {
  const fields = new Headers();
  for (const line of text.split("\r\n").filter((line) => line !== "")) {
    const colon = line.indexOf(":");
    fields.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return fields;
}

function toHeaders(fields: IncomingHttpHeaders): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(known(fields))) {
    for (const each of [value].flat()) headers.append(name, each);
  }
  return headers;
}

/** All but those of HTTP itself. */
function known(fields: IncomingHttpHeaders): Record<string, string | string[]> {
  const entries = Object.entries(fields).filter(([name]) =>
    !name.startsWith(":") && name !== "date"
  );
  return Object.fromEntries(entries) as Record<string, string | string[]>;
}

function ownFields(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => name.startsWith("x-")));
}
