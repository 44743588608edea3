/**
 * A client of the greeter by @grpc/grpc-js, in Node. Its arguments are JSON: the target, and the
 * calls to make, one after the other. It prints what came of each, as JSON; bytes in base64.
 */

import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import process from "node:process";
import grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const [target, calls] = process.argv.slice(2).map((text) => JSON.parse(text));

const { greeter } = grpc.loadPackageDefinition(
  loadSync("greeter/v1/greeter.proto", { includeDirs: [target.protos], keepCase: true }),
);
const client = new greeter.v1.Greeter(target.address, credentials(), {
  "grpc.default_compression_algorithm": target.gzip ? grpc.compressionAlgorithms.gzip : 0,
});

const results = [];
for (const call of calls) results.push(await make(call));
console.log(JSON.stringify(results));
client.close();

function make({ method, requests, metadata = {}, timeoutMs, cancelAfter }) {
  const { requestStream, responseStream } = client[method];
  const result = { messages: [], header: {} };
  const options = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
  const onReply = (_error, reply) => reply && result.messages.push(reply.message);
  const call = client[method](
    ...(requestStream ? [] : [requests[0]]),
    toMetadata(metadata),
    options,
    ...(responseStream ? [] : [onReply]),
  );
  call.on("metadata", (received) => result.header = toPlain(received));
  call.on("error", () => {});
  if (responseStream) {
    call.on("data", ({ message }) => {
      result.messages.push(message);
      if (result.messages.length === cancelAfter) call.cancel();
    });
  }
  if (requestStream) {
    for (const request of requests) call.write(request);
    call.end();
  }
  return new Promise((resolve) => {
    call.on("status", ({ code, details, metadata }) => {
      Object.assign(result, { status: { code, details }, trailers: toPlain(metadata) });
      // The reply to a unary call may come after its status.
      setImmediate(() => resolve(result));
    });
  });
}

function toMetadata(fields) {
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(fields)) {
    metadata.set(name, name.endsWith("-bin") ? Buffer.from(value, "base64") : value);
  }
  return metadata;
}

function credentials() {
  const { ca, cert, key } = target.files;
  if (target.kind === "plaintext") return grpc.credentials.createInsecure();
  const own = target.kind === "mTLS" ? [readFileSync(key), readFileSync(cert)] : [];
  return grpc.credentials.createSsl(readFileSync(ca), ...own);
}

function toPlain(metadata) {
  const entries = Object.entries(metadata.getMap());
  return Object.fromEntries(
    entries.map(([name, value]) => [
      name,
      typeof value === "string" ? value : value.toString("base64"),
    ]),
  );
}
