/**
 * A client of health checks in Node, by the service that the package grpc-health-check describes.
 * Its argument is the target, as JSON. It asks with Check, List and Watch, and again when Watch tells
 * of a change; each answer is a line. It ends when Watch does.
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import grpc from "@grpc/grpc-js";
import { service } from "grpc-health-check";

const target = JSON.parse(process.argv[2]);
const GREETER = "greeter.v1.Greeter";

const Health = grpc.makeGenericClientConstructor(service, "Health");
const client = new Health(target.address, credentials());

await checkAll();
const watch = client.watch({ service: GREETER });
let first = true;
watch.on("data", async ({ status }) => {
  console.log(`Watch: ${status}`);
  if (!first) await checkAll();
  first = false;
});
watch.on("error", () => {});
watch.on("status", ({ code }) => {
  console.log(`Watch ended: ${grpc.status[code]}`);
  client.close();
});

async function checkAll() {
  for (const service of ["", GREETER, "none"]) {
    console.log(`Check "${service}": ${await ask("check", { service }, ({ status }) => status)}`);
  }
  const greeterOf = ({ statuses }) => statuses[GREETER].status;
  console.log(`List: ${await ask("list", {}, greeterOf)}`);
}

function ask(method, request, read) {
  return new Promise((resolve) => {
    client[method](request, (error, reply) => {
      resolve(error === null ? read(reply) : grpc.status[error.code]);
    });
  });
}

function credentials() {
  const { ca, cert, key } = target.files;
  if (target.kind === "plaintext") return grpc.credentials.createInsecure();
  const own = target.kind === "mTLS" ? [readFileSync(key), readFileSync(cert)] : [];
  return grpc.credentials.createSsl(readFileSync(ca), ...own);
}
