/**
 * A client that goes on whatever happens: many connections of @grpc/grpc-js, in Node, each with calls
 * at all times. Its arguments: a port, connections, and calls at a time on each. It prints `running`
 * once all connections have been answered, and when its standard input ends, as JSON, how many calls
 * went well, and of each that did not its code, its details, and whom its connection reached before.
 */

import { Buffer } from "node:buffer";
import process from "node:process";
import grpc from "@grpc/grpc-js";

const [port, connections, calls] = process.argv.slice(2).map(Number);
const PATH = "/greeter.v1.Greeter/SayHello";
/** A message with its only field set to "@pid". */
const REQUEST = Buffer.from("\n\x04@pid");

const same = (bytes) => bytes;
const toName = (bytes) => bytes.subarray(2).toString();
const servers = new Map();
const failures = [];
const reached = new Set();
let ok = 0;
let isOver = false;

async function keepCalling(index) {
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.min_reconnect_backoff_ms": 100,
  });
  const call = () =>
    new Promise((resolve) => {
      const before = servers.get(index);
      const deadline = Date.now() + 20_000;
      client.makeUnaryRequest(PATH, same, toName, REQUEST, { deadline }, (error, server) => {
        if (error) {
          failures.push({ code: error.code, details: error.details, before, index });
        } else {
          ok++;
          servers.set(index, server);
          reached.add(server);
          if (servers.size === connections && !isRunning) {
            isRunning = true;
            console.log("running");
          }
        }
        resolve();
      });
    });
  const loop = async () => {
    while (!isOver) await call();
  };
  await Promise.all(Array.from({ length: calls }, loop));
  client.close();
}

let isRunning = false;
process.stdin.on("end", () => isOver = true).resume();
await Promise.all(Array.from({ length: connections }, (_, index) => keepCalling(index)));
console.log(JSON.stringify({ ok, failures, reached: [...reached] }));
