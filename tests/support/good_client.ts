/**
 * A client that keeps to every rule of HTTP/2 and is as strict with the server: it has windows of its
 * own, and fails if one is overrun or if an answer is not what was sent. Nothing but bytes goes between
 * the two, and nothing is left to the moment.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { FLAG, FRAME } from "../../src/http2/frames.ts";
import { HpackDecoder } from "../../src/http2/hpack_decoder.ts";
import { describeFrame, type ParsedFrame } from "./frame_parser.ts";
import {
  concat,
  data,
  frame,
  grpcFields,
  headers,
  settings,
  windowUpdate,
} from "./http2_frames.ts";

/** The windows before anybody says otherwise (RFC 9113, section 6.9.2). */
const DEFAULT_WINDOW = 65_535;
const [TABLE_SIZE, INITIAL_WINDOW] = [1, 4];

/** A call, from the side of the client. */
export interface ClientCall {
  readonly id: number;
  /** What is still to be sent of the request. */
  bodyLeft: number;
  isRequestEnded: boolean;
  /** How much may be sent. */
  sendWindow: number;
  /** How much the server may send. */
  receiveWindow: number;
  readonly received: Uint8Array[];
  /** Header fields, and then those of the trailers. */
  readonly fields: string[][];
  isAnswered: boolean;
  resetCode: number | undefined;
}

/** The byte of a body at some place; each call has another pattern. */
export function bodyByte(id: number, at: number): number {
  return id * 7 + at * 13 + (at >>> 8) & 0xff;
}

/** Part of the body of a call. */
export function bodyOf(id: number, from: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => bodyByte(id, from + i));
}

/** A client. What its methods return is to be sent to the server. */
export class GoodClient {
  readonly calls = new Map<number, ClientCall>();
  readonly #decoder = new HpackDecoder({ maxListBytes: 65_536 });
  #lastId = -1;
  #sendWindow = DEFAULT_WINDOW;
  #receiveWindow = DEFAULT_WINDOW;
  /** The server's setting, and ours as far as it is acknowledged. */
  #serverInitialWindow = DEFAULT_WINDOW;
  #ownInitialWindow = DEFAULT_WINDOW;
  /** Settings that the server has not acknowledged. */
  readonly #pendingSettings: (readonly (readonly [number, number])[])[] = [];
  #block: Uint8Array[] = [];
  #toSend: Uint8Array[] = [];

  /** Sets something. */
  set(...pairs: readonly (readonly [number, number])[]): Uint8Array {
    this.#pendingSettings.push(pairs);
    return settings(...pairs);
  }

  /** Begins a call whose request has so many bytes. */
  begin(bodyLength: number): Uint8Array {
    const id = this.#lastId += 2;
    this.calls.set(id, {
      id,
      bodyLeft: bodyLength,
      isRequestEnded: false,
      sendWindow: this.#serverInitialWindow,
      receiveWindow: this.#ownInitialWindow,
      received: [],
      fields: [],
      isAnswered: false,
      resetCode: undefined,
    });
    return headers(id, grpcFields("/a", { "x-length": String(bodyLength) }));
  }

  /** Sends on, as much as is wanted and the windows let it; the end goes with the last byte. */
  sendBody(call: ClientCall, sent: number, wanted: number): Uint8Array {
    if (call.isRequestEnded || call.resetCode !== undefined) return new Uint8Array();
    const length = Math.max(
      0,
      Math.min(wanted, call.bodyLeft, call.sendWindow, this.#sendWindow),
    );
    call.bodyLeft -= length;
    call.sendWindow -= length;
    this.#sendWindow -= length;
    call.isRequestEnded = call.bodyLeft === 0;
    if (length === 0 && !call.isRequestEnded) return new Uint8Array();
    return data(call.id, bodyOf(call.id, sent, length), call.isRequestEnded);
  }

  /** Lets the server send more, on a call or on the connection. */
  widen(call: ClientCall | undefined, bytes: number): Uint8Array {
    if (call === undefined) this.#receiveWindow += bytes;
    else call.receiveWindow += bytes;
    return windowUpdate(call?.id ?? 0, bytes);
  }

  /** Takes frames of the server, and returns what they are to be answered with. */
  take(frames: readonly ParsedFrame[]): Uint8Array {
    for (const frame of frames) this.#takeFrame(frame);
    const toSend = concat(...this.#toSend);
    this.#toSend = [];
    return toSend;
  }

  #takeFrame(frame: ParsedFrame): void {
    const { type, flags, streamId, payload } = frame;
    switch (type) {
      case FRAME.settings:
        return flags & FLAG.ack ? this.#noteSettingsAck() : this.#takeSettings(payload);
      case FRAME.windowUpdate:
        return this.#takeWindowUpdate(streamId, readUint32(payload, 0));
      case FRAME.data:
        return this.#takeData(this.#callOf(frame), payload, (flags & FLAG.endStream) !== 0);
      case FRAME.headers:
      case FRAME.continuation:
        this.#block.push(payload);
        if (type === FRAME.headers && flags & FLAG.endStream) this.#callOf(frame).isAnswered = true;
        if (flags & FLAG.endHeaders) this.#takeBlock(this.#callOf(frame));
        return;
      case FRAME.rstStream:
        this.#callOf(frame).resetCode = readUint32(payload, 0);
        return;
      default:
        assert(type === FRAME.ping && flags & FLAG.ack, describeFrame(frame));
    }
  }

  #callOf(frame: ParsedFrame): ClientCall {
    const call = this.calls.get(frame.streamId);
    assert(call !== undefined, `a frame of no call: ${describeFrame(frame)}`);
    return call;
  }

  #takeSettings(payload: Uint8Array): void {
    for (let at = 0; at < payload.length; at += 6) {
      const id = payload[at]! << 8 | payload[at + 1]!;
      assert(id !== INITIAL_WINDOW, "the test knows no such setting");
    }
    this.#toSend.push(frame(FRAME.settings, FLAG.ack, 0));
  }

  /** From here on, the server keeps to them. */
  #noteSettingsAck(): void {
    for (const [id, value] of this.#pendingSettings.shift()!) {
      if (id === TABLE_SIZE) this.#decoder.limitTable(value);
      if (id !== INITIAL_WINDOW) continue;
      for (const call of this.calls.values()) {
        call.receiveWindow += value - this.#ownInitialWindow;
      }
      this.#ownInitialWindow = value;
    }
  }

  #takeWindowUpdate(streamId: number, bytes: number): void {
    if (streamId === 0) this.#sendWindow += bytes;
    else this.calls.get(streamId)!.sendWindow += bytes;
  }

  #takeData(call: ClientCall, payload: Uint8Array, isEnd: boolean): void {
    assertEquals(call.fields.length, 1, "DATA before a header");
    assertEquals(call.isAnswered, false, "DATA behind the end");
    call.receiveWindow -= payload.length;
    this.#receiveWindow -= payload.length;
    assert(payload.length === 0 || call.receiveWindow >= 0, "the window of a call is overrun");
    assert(payload.length === 0 || this.#receiveWindow >= 0, "that of the connection is overrun");
    call.received.push(payload);
    call.isAnswered = isEnd;
  }

  #takeBlock(call: ClientCall): void {
    const block = concat(...this.#block);
    this.#block = [];
    const { fields } = this.#decoder.decode(block, 0, block.length);
    call.fields.push([...fields]);
    assert(call.fields.length <= 2, "more than a header and trailers");
  }
}

function readUint32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}
