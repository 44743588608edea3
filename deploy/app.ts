/**
 * The app that is deployed: put your services here. What an operator decides is in `fastgrpc.yaml`.
 *
 * @module
 */

import { FastGRPC } from "@fastgrpc/fastgrpc";
import { Greeter } from "../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "../examples/greeter.ts";

/** Served by `main.ts`. */
export const app: FastGRPC = new FastGRPC({ timeout: "30s" });
app.addService(Greeter, greeterHandlers);
