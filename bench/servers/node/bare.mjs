/**
 * A bare server of `node:http2`, as the platform's limit: no service, no protobuf. The reply to a
 * request is made once for each length of request and then sent as it is.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createSecureServer, createServer } from "node:http2";
import { tell, TLS } from "./service.mjs";

const HEADERS = { ":status": 200, "content-type": "application/grpc+proto" };
const TRAILERS = { "grpc-status": "0" };
const PREFIX_BYTES = 5;
const HELLO = envelope(Buffer.from("Hello World"));

const replies = new Map();

/** A reply's message with the text in field 1, in gRPC's envelope. */
function envelope(text) {
  const length = [];
  let rest = text.length;
  for (; rest > 0x7f; rest >>>= 7) length.push(rest & 0x7f | 0x80);
  const message = Buffer.concat([Buffer.from([0x0a, ...length, rest]), text]);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** The text of field 1, which a request begins with, behind its tag and length. */
function nameIn(request) {
  let start = PREFIX_BYTES + 1;
  while (request[start] & 0x80) start++;
  return request.subarray(start + 1);
}

function hello(stream) {
  const chunks = [];
  let length = 0;
  stream.on("data", (chunk) => {
    length += chunk.length;
    chunks.push(chunk);
  });
  stream.on("end", () => {
    let reply = replies.get(length);
    if (reply === undefined) {
      reply = envelope(Buffer.concat([Buffer.from("Hello "), nameIn(Buffer.concat(chunks))]));
      replies.set(length, reply);
    }
    stream.end(reply);
  });
}

function helloTimes(stream) {
  const chunks = [];
  stream.on("data", (chunk) => chunks.push(chunk));
  stream.on("end", () => {
    let left = timesIn(Buffer.concat(chunks));
    const write = () => {
      while (left-- > 0) {
        if (!stream.write(HELLO)) return stream.once("drain", write);
      }
      stream.end();
    };
    write();
  });
}

/** Field 2 of a request, which follows the name "World". */
function timesIn(request) {
  let [times, shift] = [0, 0];
  for (const byte of request.subarray(PREFIX_BYTES + 8)) {
    times |= (byte & 0x7f) << shift;
    shift += 7;
    if (byte < 0x80) break;
  }
  return times;
}

/** A reply to each whole request; all of them are as long as the first. */
function chat(stream) {
  let [size, rest] = [0, 0];
  stream.on("data", (chunk) => {
    if (size === 0) size = PREFIX_BYTES + chunk.readUInt32BE(1);
    rest += chunk.length;
    let isFull = false;
    for (; rest >= size; rest -= size) isFull = !stream.write(HELLO);
    if (!isFull) return;
    stream.pause();
    stream.once("drain", () => stream.resume());
  });
  stream.on("end", () => stream.end());
}

const METHODS = {
  "/greeter.v1.Greeter/SayHello": hello,
  "/greeter.v1.Greeter/SayHelloTimes": helloTimes,
  "/greeter.v1.Greeter/Chat": chat,
};

const server = TLS === undefined ? createServer() : createSecureServer(TLS);
server.on("stream", (stream, headers) => {
  stream.on("error", () => {});
  stream.respond(HEADERS, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers(TRAILERS));
  METHODS[headers[":path"]](stream);
});
server.on("sessionError", () => {});
server.listen(0, "127.0.0.1", () => tell(server.address().port));
