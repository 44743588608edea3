/**
 * Runs a snippet of the docs that calls the greeter by @grpc/grpc-js. Its arguments are the folder of
 * the .proto files, a PEM file of the CA, and the snippet. It prints the answer, or the error's message.
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const [protos, ca, snippet] = process.argv.slice(2);
const { greeter } = grpc.loadPackageDefinition(
  loadSync("greeter/v1/greeter.proto", { includeDirs: [protos] }),
);
const credentials = grpc.credentials.createSsl(readFileSync(ca));

const names = ["Greeter", "credentials", "Metadata", "callback"];
const run = new Function(...names, `${snippet}\nreturn client;`);
const client = run(greeter.v1.Greeter, credentials, grpc.Metadata, (error, reply) => {
  console.log(error ? error.message : reply.message);
  client.close();
});
