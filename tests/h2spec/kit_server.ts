/**
 * The kit, as `servers.ts` starts it: the example service on a free port, which it prints. Arguments
 * are the engine, and for TLS the PEM files of certificate and key.
 *
 * The handler takes a moment, for h2spec wants to send frames on streams that are not answered yet.
 *
 * @module
 */

import { FastGRPC } from "../../mod.ts";
import type { Engine } from "../../src/transport/connections.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "../../examples/greeter.ts";

const ANSWER_MS = 50;

const [engine, chain, key] = Deno.args;
const app = new FastGRPC();
app.addService(Greeter, {
  ...greeterHandlers,
  async sayHello(request, context) {
    await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
    return greeterHandlers.sayHello(request, context);
  },
});
const { addr } = await app.serve({
  hostname: "127.0.0.1",
  port: 0,
  engine: engine as Engine,
  ...(chain !== undefined && key !== undefined &&
    { sslCertificateChain: new URL(chain), sslPrivateKey: new URL(key) }),
});
console.log(addr.port);
