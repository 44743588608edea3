/** The kit, as the benchmark's contestant. @module */

import { FastGRPC } from "@fastgrpc/fastgrpc";
import { greeterHandlers } from "../../examples/greeter.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";

const app = new FastGRPC();
app.addService(Greeter, greeterHandlers);
const server = await app.serve({ port: 0, hostname: "127.0.0.1" });
console.log(server.addr.port);
