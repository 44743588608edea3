/** grpc-js, as the benchmark's contestant. @module */

import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  ServerInterceptingCall,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
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

const log = ({ path }, call) => {
  const start = performance.now();
  return new ServerInterceptingCall(call, {
    sendStatus(status, next) {
      next(status);
      logCall(path, status.code, start);
    },
  });
};
const requestIds = new WeakMap();
const intercept = (_method, call) =>
  new ServerInterceptingCall(call, {
    start(next) {
      next({
        onReceiveMetadata(metadata, forward) {
          requestIds.set(metadata, metadata.get("x-request-id")[0] ?? "");
          forward(metadata);
        },
      });
    },
  });

const server = new Server({ interceptors: IS_OBSERVED ? [log, intercept] : [] });
server.addService(Greeter.service, {
  sayHello: ({ request }, callback) => callback(null, greet(request.name)),
  sayHelloTimes(call) {
    let left = call.request.times;
    const write = () => {
      while (left-- > 0) {
        if (!call.write(greet(call.request.name))) return call.once("drain", write);
      }
      call.end();
    };
    write();
  },
  sayHelloToAll: (_call, callback) => callback(null, greet("all")),
  chat(call) {
    call.on("data", ({ name }) => {
      if (call.write(greet(name))) return;
      call.pause();
      call.once("drain", () => call.resume());
    });
    call.on("end", () => call.end());
  },
});
server.bindAsync("127.0.0.1:0", createCredentials(ServerCredentials), (error, port) => {
  if (error) throw error;
  tell(port);
});
