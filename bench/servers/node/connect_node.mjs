/** connect-node's own adapter, as the benchmark's contestant. @module */

import { readFileSync } from "node:fs";
import { createSecureServer, createServer } from "node:http2";
import process from "node:process";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { createContextKey } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { greet, IS_OBSERVED, logCall, tell, TLS } from "./service.mjs";

const files = fromBinary(
  FileDescriptorSetSchema,
  readFileSync(process.env.BENCH_DESCRIPTORS),
);
const Greeter = createFileRegistry(files).getService("greeter.v1.Greeter");
const requestId = createContextKey("");

const log = (next) => async (request) => {
  const start = performance.now();
  const reply = await next(request);
  logCall(request.method.name, 0, start);
  return reply;
};
const intercept = (next) => (request) => {
  request.contextValues.set(requestId, request.header.get("x-request-id") ?? "");
  return next(request);
};

const handler = connectNodeAdapter({
  interceptors: IS_OBSERVED ? [log, intercept] : [],
  routes: (router) => {
    router.service(Greeter, {
      sayHello: ({ name }) => greet(name),
      async *sayHelloTimes({ name, times }) {
        for (let sent = 0; sent < times; sent++) yield greet(name);
      },
      async *chat(requests) {
        for await (const { name } of requests) yield greet(name);
      },
    });
  },
});
const server = TLS === undefined ? createServer(handler) : createSecureServer(TLS, handler);
server.listen(0, "127.0.0.1", () => tell(server.address().port));
