/**
 * A server of somebody who has the kit from elsewhere, with TLS by the files that its arguments name: key,
 * chain, CA. Its calls take a while, and signals end it.
 *
 * @module
 */

import process from "node:process";
import { FastGRPC, type TlsFiles } from "@fastgrpc/fastgrpc";
import { Greeter } from "../../../gen/greeter/v1/greeter_pb.ts";

const SLOW_MS = 300;
const [sslPrivateKey, sslCertificateChain, caCertificate] = process.argv.slice(2);
const tls: TlsFiles = {
  ...sslPrivateKey !== undefined && { sslPrivateKey },
  ...sslCertificateChain !== undefined && { sslCertificateChain },
  ...caCertificate !== undefined && { caCertificate },
};

const app = new FastGRPC().addService(Greeter, {
  async sayHello({ name }, { peer }) {
    console.log("Called");
    await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    return { message: `Hello ${name}, ${peer.certificate?.subject ?? "whoever you are"}` };
  },
  async *sayHelloTimes() {},
  sayHelloToAll: () => ({}),
  async *chat() {},
});

await app.run({ port: 0, hostname: "127.0.0.1", gracefulTimeout: "5s", ...tls });
console.log("Ended");
