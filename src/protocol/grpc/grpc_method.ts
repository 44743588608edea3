/**
 * A method as the gRPC lane serves it: how its messages are read and written, resolved once.
 *
 * @module
 */

import {
  Code,
  ConnectError,
  create,
  type DescMessage,
  fromJsonString,
  type Interceptor,
  type Message,
  type MessageInitShape,
  type Registry,
  toBinary,
  toJsonString,
} from "../../deps.ts";
import type { MethodSpec } from "../../service.ts";
import { createDecoder } from "../protobuf/decoder.ts";
import { createEncoder } from "../protobuf/encoder.ts";

/** Reads and writes messages in one format. */
export interface Codec {
  /** Header fields of an answer that sets none of its own; frozen, so that they are encoded once. */
  readonly headerFields: Readonly<Record<string, string>>;
  /** @throws {ConnectError} If the bytes are no such message. */
  decode(bytes: Uint8Array): Message;
  /**
   * Encodes a message, or what one is made from, behind so many bytes that are the caller's.
   *
   * @throws {Error} If it does not fit its schema.
   */
  encode(message: unknown, prefixBytes: number): Uint8Array;
}

/** What the lane has of a method. */
export interface GrpcMethod {
  readonly spec: MethodSpec;
  /** Whether there is one request. */
  readonly hasSingleRequest: boolean;
  /** Whether its requests are read as they come. */
  readonly readsAsStream: boolean;
  /** Whether there is one reply. */
  readonly hasSingleReply: boolean;
  /** Outermost first. */
  readonly interceptors: readonly Interceptor[];
  readonly maxReceiveBytes: number;
  readonly maxSendBytes: number;
  readonly binary: Codec;
  readonly json: Codec;
}

/** The one request did not come. */
export function missingMessage({ spec }: GrpcMethod): ConnectError {
  return new ConnectError(
    `protocol error: missing input message for ${kindOf(spec)} method`,
    Code.Unimplemented,
  );
}

/** More than the one request came. */
export function extraMessage({ spec }: GrpcMethod): ConnectError {
  return new ConnectError(
    `protocol error: received extra input message for ${kindOf(spec)} method`,
    Code.Unimplemented,
  );
}

function kindOf({ desc }: MethodSpec): string {
  return desc.methodKind.replace("_", "-");
}

/** Reads and writes protobuf. */
export function createBinaryCodec(input: DescMessage, output: DescMessage): Codec {
  const decode = createDecoder(input);
  return {
    headerFields: Object.freeze({ "content-type": "application/grpc+proto" }),
    decode: (bytes) => {
      try {
        return decode(bytes);
      } catch (error) {
        throw new ConnectError(`parse binary: ${(error as Error).message}`, Code.Internal);
      }
    },
    encode: createEncoder(output),
  };
}

/** Reads and writes JSON. */
export function createJsonCodec(
  input: DescMessage,
  output: DescMessage,
  registry: Registry,
): Codec {
  const [decoder, encoder] = [new TextDecoder(), new TextEncoder()];
  const options = { registry, ignoreUnknownFields: true };
  return {
    headerFields: Object.freeze({ "content-type": "application/grpc+json" }),
    decode: (bytes) => {
      try {
        return fromJsonString(input, decoder.decode(bytes), options);
      } catch (error) {
        throw new ConnectError((error as Error).message, Code.InvalidArgument);
      }
    },
    encode: (message, prefixBytes) => {
      const whole = create(output, message as MessageInitShape<DescMessage>);
      // JSON lets numbers pass that do not fit.
      toBinary(output, whole);
      const json = encoder.encode(toJsonString(output, whole, { registry }));
      const bytes = new Uint8Array(prefixBytes + json.length);
      bytes.set(json, prefixBytes);
      return bytes;
    },
  };
}
