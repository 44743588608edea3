/**
 * A client in a Node process of its own, which keeps calls in flight until they fail. It prints
 * `running` once many answers have come, and at the end the outcomes as JSON, each with its count.
 *
 * Arguments: `http2`, `grpc-js` or `connect-node`; the port; the `FileDescriptorSet` of the greeter in
 * base64. The packages come from npx, which puts their folder into PATH.
 */

import { Buffer } from "node:buffer";
import { connect } from "node:http2";
import { createRequire } from "node:module";
import { delimiter } from "node:path";
import process from "node:process";

const SESSIONS = 3;
const CALLS_EACH = 12;
const MANY = 200;

const [kind, port, descriptors] = process.argv.slice(2);
const url = `http://127.0.0.1:${port}`;
const bin = process.env.PATH.split(delimiter).find((path) => path.includes("_npx"));
const require = createRequire(`${bin}/load_client.cjs`);

/** Each connects, and returns a function that makes one call. */
const CLIENTS = {
  "http2"() {
    const session = connect(url);
    session.on("error", () => {});
    return () =>
      new Promise((resolve, reject) => {
        const stream = session.request({
          ":method": "POST",
          ":path": "/greeter.v1.Greeter/SayHello",
          "content-type": "application/grpc",
          "te": "trailers",
        });
        let status;
        stream.on("trailers", (fields) => status = fields["grpc-status"]);
        stream.on("error", reject);
        stream.on(
          "close",
          () => status === "0" ? resolve() : reject(new Error(`status ${status}`)),
        );
        stream.resume();
        stream.end(new Uint8Array(5));
      });
  },

  "grpc-js"() {
    const { Client, credentials } = require("@grpc/grpc-js");
    const options = { "grpc.use_local_subchannel_pool": 1 };
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options);
    const same = (bytes) => bytes;
    return () =>
      new Promise((resolve, reject) => {
        const path = "/greeter.v1.Greeter/SayHello";
        const end = (error) => error === null ? resolve() : reject(error);
        client.makeUnaryRequest(path, same, same, Buffer.alloc(0), end);
      });
  },

  "connect-node"() {
    const { createFileRegistry, fromBinary } = require("@bufbuild/protobuf");
    const { FileDescriptorSetSchema } = require("@bufbuild/protobuf/wkt");
    const { createClient } = require("@connectrpc/connect");
    const { createGrpcTransport } = require("@connectrpc/connect-node");
    const set = fromBinary(FileDescriptorSetSchema, Buffer.from(descriptors, "base64"));
    const service = createFileRegistry(set).getService("greeter.v1.Greeter");
    const client = createClient(service, createGrpcTransport({ baseUrl: url }));
    return () => client.sayHello({});
  },
};

const outcomes = { ok: 0 };

async function callUntilFailure(call) {
  try {
    while (true) {
      await call();
      if (++outcomes.ok === MANY) console.log("running");
    }
  } catch (error) {
    const outcome = outcomeOf(error);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }
}

function outcomeOf({ code, message }) {
  // nghttp2, in the client, holds back what was not yet sent when a GOAWAY comes.
  if (message.endsWith("NGHTTP2_REFUSED_STREAM")) return "not sent";
  if (code === "ERR_HTTP2_GOAWAY_SESSION" || code === "ERR_HTTP2_INVALID_SESSION") {
    return "not sent";
  }
  return code === 14 ? "unavailable" : `${code}: ${message}`;
}

await Promise.all(Array.from({ length: SESSIONS }, () => {
  const call = CLIENTS[kind]();
  return Promise.all(Array.from({ length: CALLS_EACH }, () => callUntilFailure(call)));
}));
console.log(JSON.stringify(outcomes));
process.exit(0);
