/**
 * The load under which Deno 2.9.4 to 2.9.6 corrupt their memory: many connections, each with many
 * calls at a time, and each closed with GOAWAY.
 *
 * @module
 */

import { envelope, sayHelloRequest } from "./envelopes.ts";
import { FrameClient, type FrameClientOptions } from "./frame_client.ts";
import { concat, data, goaway, grpcFields, headers } from "./http2_frames.ts";

/** How much load. */
export interface GoawayLoad {
  /** Connections altogether. */
  connections: number;
  /** Connections at a time. */
  concurrency: number;
  /** Calls at a time on each connection. */
  streams: number;
  /** How many times that many calls are made on each connection. */
  rounds: number;
}

const PATH = "/greeter.v1.Greeter/SayHello";
const INTERNAL_ERROR = 2;
const BODY = envelope(sayHelloRequest("load"));

/**
 * Runs it.
 *
 * @returns Number of calls that were answered with OK.
 */
export async function runGoawayLoad(
  target: FrameClientOptions,
  { connections, concurrency, streams, rounds }: GoawayLoad,
): Promise<number> {
  let started = 0;
  let answered = 0;
  const worker = async () => {
    while (started++ < connections) {
      await using client = await FrameClient.connect(target);
      for (let round = 0; round < rounds; round++) {
        const ids = Array.from({ length: streams }, () => client.openStreamId());
        client.send(...ids.map(helloCall));
        for (const id of ids) if ((await client.response(id)).grpcStatus === 0) answered++;
      }
      await (started % 2 === 0 ? leave(client) : breakOff(client, streams));
      await client.closed;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return answered;
}

/** As a client does that has nothing left to do. */
function leave(client: FrameClient): Promise<void> {
  return client.send(goaway());
}

/** As a client does that found a fault, with calls that the server has only just begun. */
function breakOff(client: FrameClient, streams: number): Promise<void> {
  const ids = Array.from({ length: streams }, () => client.openStreamId());
  return client.send(...ids.map(helloCall), goaway(0, INTERNAL_ERROR));
}

function helloCall(streamId: number): Uint8Array {
  return concat(headers(streamId, grpcFields(PATH)), data(streamId, BODY, true));
}
