/** nice-grpc, as the benchmark's contestant. @module */

import { loadPackageDefinition, ServerCredentials } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { createServer } from "nice-grpc";
import {
  createCredentials,
  greet,
  IS_OBSERVED,
  logCall,
  PROTO,
  PROTO_FOLDER,
  tell,
} from "./service.mjs";

const definition = loadSync(PROTO, { includeDirs: [PROTO_FOLDER] });
const { Greeter } = loadPackageDefinition(definition).greeter.v1;

async function* log(call, context) {
  const start = performance.now();
  const reply = yield* call.next(call.request, context);
  logCall(call.method.path, 0, start);
  return reply;
}
async function* intercept(call, context) {
  const requestId = context.metadata.get("x-request-id") ?? "";
  return yield* call.next(call.request, { ...context, requestId });
}

let server = createServer();
if (IS_OBSERVED) server = server.use(log).use(intercept);
server.add(Greeter.service, {
  SayHello: ({ name }) => Promise.resolve(greet(name)),
  async *SayHelloTimes({ name, times }) {
    for (let sent = 0; sent < times; sent++) yield greet(name);
  },
  SayHelloToAll: () => Promise.resolve(greet("all")),
  async *Chat(requests) {
    for await (const { name } of requests) yield greet(name);
  },
});
tell(await server.listen("127.0.0.1:0", createCredentials(ServerCredentials)));
