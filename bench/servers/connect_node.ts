/** connect-node's own adapter, as the benchmark's contestant. @module */

import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";

const server = createServer(connectNodeAdapter({
  routes: (router) => {
    router.service(Greeter, { sayHello: ({ name }) => ({ message: `Hello ${name}` }) });
  },
}));
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
