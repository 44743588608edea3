/**
 * HPACK of nghttp2, by a client of `node:http2` that speaks with this file instead of a socket: what
 * `hpack_peer.ts` has Node run. A session is a connection.
 */

import { Buffer } from "node:buffer";
import { connect } from "node:http2";
import process from "node:process";
import { createInterface } from "node:readline";
import { Duplex } from "node:stream";

const FRAME = { headers: 1, settings: 4, goaway: 7, continuation: 9 };
const FLAG = { endStream: 0x1, ack: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 };
const HEADER_TABLE_SIZE = 1;
const PREFACE_BYTES = 24;
const MAX_FRAME_BYTES = 16_384;
/** `:status: 200`, from the static table. */
const OK = Buffer.of(0x88);

/** The server's end of a connection: tells of the client's frames. */
class Wire extends Duplex {
  #received = Buffer.alloc(0);
  #skip = PREFACE_BYTES;
  #block = [];
  #waiting = [];
  #frames = [];

  /** The next frame that matters: settings, an acknowledgement of some, or a block. */
  next() {
    const frame = this.#frames.shift();
    if (frame !== undefined) return Promise.resolve(frame);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  send(type, flags, streamId, payload = Buffer.alloc(0)) {
    const header = Buffer.alloc(9);
    header.writeUIntBE(payload.length, 0, 3);
    header[3] = type;
    header[4] = flags;
    header.writeUInt32BE(streamId, 5);
    this.push(Buffer.concat([header, payload]));
  }

  sendBlock(streamId, block, flags) {
    for (let at = 0; at === 0 || at < block.length; at += MAX_FRAME_BYTES) {
      const type = at === 0 ? FRAME.headers : FRAME.continuation;
      const end = at + MAX_FRAME_BYTES >= block.length ? FLAG.endHeaders : 0;
      this.send(
        type,
        end | (at === 0 ? flags : 0),
        streamId,
        block.subarray(at, at + MAX_FRAME_BYTES),
      );
    }
  }

  _read() {}

  _write(chunk, _encoding, callback) {
    this.#received = Buffer.concat([this.#received, chunk]);
    if (this.#skip > 0 && this.#received.length >= this.#skip) {
      this.#received = this.#received.subarray(this.#skip);
      this.#skip = 0;
    }
    while (this.#skip === 0 && this.#received.length >= 9) {
      const end = 9 + this.#received.readUIntBE(0, 3);
      if (this.#received.length < end) break;
      this.#take(this.#received[3], this.#received[4], this.#received.subarray(9, end));
      this.#received = this.#received.subarray(end);
    }
    callback();
  }

  #take(type, flags, payload) {
    if (type === FRAME.settings) this.#tell(flags & FLAG.ack ? { ack: true } : { settings: true });
    if (type === FRAME.goaway) this.emit("goaway");
    if (type !== FRAME.headers && type !== FRAME.continuation) return;
    if (flags & FLAG.padded && type === FRAME.headers) throw new Error("padded");
    this.#block.push(payload.subarray(type === FRAME.headers && flags & FLAG.priority ? 5 : 0));
    if (!(flags & FLAG.endHeaders)) return;
    this.#tell({ block: Buffer.concat(this.#block).toString("hex") });
    this.#block = [];
  }

  #tell(frame) {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#frames.push(frame);
    else waiting(frame);
  }
}

/** A connection whose settings are exchanged. */
async function open() {
  const wire = new Wire();
  const session = connect("http://localhost", { createConnection: () => wire });
  session.on("error", () => {});
  wire.send(FRAME.settings, 0, 0);
  for (let settled = 0; settled < 2;) {
    const { ack, settings } = await wire.next();
    if (settings) wire.send(FRAME.settings, FLAG.ack, 0);
    if (ack || settings) settled++;
  }
  return { wire, session };
}

/** Sends a request, and resolves with its stream and its block. */
async function request({ wire, session }, fields) {
  const headers = { ":method": "POST", ":path": "/" };
  for (let i = 0; i < fields.length; i += 2) {
    const [name, value] = [fields[i], fields[i + 1]];
    if (name.startsWith(":")) headers[name] = value;
    else (headers[name] ??= []).push(value);
  }
  const stream = session.request(headers, { endStream: true });
  stream.on("error", () => {});
  stream.resume();
  const { block } = await wire.next();
  return { stream, block };
}

async function encode(steps) {
  const connection = await open();
  const { wire, session } = connection;
  const sent = [];
  for (const step of steps) {
    if ("limit" in step) {
      const payload = Buffer.alloc(6);
      payload.writeUInt16BE(HEADER_TABLE_SIZE);
      payload.writeUInt32BE(step.limit, 2);
      wire.send(FRAME.settings, 0, 0, payload);
      await wire.next();
      sent.push(step);
    } else {
      const { stream, block } = await request(connection, step.fields);
      wire.sendBlock(stream.id, OK, FLAG.endStream);
      sent.push({ block });
    }
  }
  session.destroy();
  return { wire: sent };
}

/** Blocks are responses: they begin with a status. */
async function decode(steps) {
  const connection = await open();
  const { wire, session } = connection;
  const lists = [];
  for (const step of steps) {
    if ("limit" in step) {
      session.settings({ headerTableSize: step.limit });
      await wire.next();
      wire.send(FRAME.settings, FLAG.ack, 0);
      continue;
    }
    const { stream } = await request(connection, []);
    const response = new Promise((resolve) => {
      stream.once("response", (_headers, _flags, rawHeaders) => resolve(rawHeaders));
      wire.once("goaway", () => resolve(undefined));
    });
    wire.sendBlock(stream.id, Buffer.from(step.block, "hex"), FLAG.endStream);
    const list = await response;
    if (list === undefined) return { refused: "the session was ended" };
    lists.push(list.slice(2));
  }
  session.destroy();
  return { lists };
}

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  const answer = "encode" in question
    ? await encode(question.encode)
    : await decode(question.decode);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
