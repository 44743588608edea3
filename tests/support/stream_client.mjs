/**
 * A client in a Node process of its own, with one long call. `stream_processes.ts` starts it and has
 * the types of what it is told, and says at the end. Lines of JSON go both ways, each with a type.
 *
 * It is told a `task` first. Downwards, it says `paused` with the bytes that came when it pauses, and
 * reads on when it is told `go`; upwards, it sends a message with the name `pause` instead. At the end
 * it says `done`.
 */

import { Buffer } from "node:buffer";
import { connect } from "node:http2";
import process from "node:process";
import { createInterface } from "node:readline";

const PREFIX_BYTES = 5;
const TAIL_BYTES = 64;

const input = createInterface({ input: process.stdin });
const line = await new Promise((resolve) => input.once("line", resolve));
const { port, contentType, window, direction, size, count, pauses } = JSON.parse(line);
const text = "a".repeat(size);
const isDown = direction === "down";

const session = connect(`http://127.0.0.1:${port}`, { settings: { initialWindowSize: window } });
session.on("connect", () => session.setLocalWindowSize(window));
const stream = session.request({
  ":method": "POST",
  ":path": `/greeter.v1.Greeter/${isDown ? "SayHelloTimes" : "SayHelloToAll"}`,
  "content-type": contentType,
  "te": "trailers",
});
input.on("line", () => stream.resume());

let received = 0;
let pausesLeft = isDown ? pauses : 0;
let tail = Buffer.alloc(0);
let status;
stream.on("response", (fields) => status = fields["grpc-status"]);
stream.on("trailers", (fields) => status = fields["grpc-status"]);
stream.on("data", (bytes) => {
  received += bytes.length;
  tail = Buffer.concat([tail, bytes.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
  if (pausesLeft === 0 || received < size * count * (1 - pausesLeft / (pauses + 1))) return;
  pausesLeft--;
  stream.pause();
  say("paused", { received });
});
stream.on("error", () => {});
stream.on("close", () => {
  say("done", { received, status, tail: tail.toString("latin1"), rstCode: stream.rstCode });
  session.close();
  input.close();
});

// Field 1 is the name in both requests, field 2 how often it is wanted.
if (isDown) stream.end(envelope(textField(text), varint(2 << 3, count)));
else {
  for (let i = 0; i < count; i++) {
    const isPause = pauses > 0 && i > 0 && i % Math.floor(count / (pauses + 1)) === 0;
    const message = envelope(textField(isPause ? "pause" : text));
    if (!stream.write(message)) await new Promise((resolve) => stream.once("drain", resolve));
  }
  stream.end();
}

function say(type, line) {
  console.log(JSON.stringify({ type, ...line }));
}

function envelope(...parts) {
  const message = Buffer.concat([Buffer.alloc(PREFIX_BYTES), ...parts]);
  message.writeUInt32BE(message.length - PREFIX_BYTES, 1);
  return message;
}

function textField(text) {
  const LENGTH_DELIMITED = 2;
  return Buffer.concat([varint(1 << 3 | LENGTH_DELIMITED, text.length), Buffer.from(text)]);
}

/** The number of a field and its type, and a number. */
function varint(tag, value) {
  const bytes = [tag];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push(value % 128 + 128);
  return Buffer.from([...bytes, value]);
}
