/**
 * A service of its own, as `fast_grpc_service.py` of FastGRPC for Python, with messages in messages, an
 * enum, a request without fields, and defaults. On the wire it is what Python has: `int` is int32, and
 * a date is a text. New services rather have `z.date()`, a `google.protobuf.Timestamp`.
 *
 * @module
 */

import { FastGRPC, Service } from "@fastgrpc/fastgrpc";
import { z } from "zod";

const HelloRequest = z.object({ name: z.string() }).meta({ id: "HelloRequest" });

const Data = z.object({
  name: z.string(),
  value: z.int32(),
  age: z.int32(),
}).meta({ id: "Data" });

/** Numbers 1 and 2; number 0 is LANGUAGE_UNSPECIFIED, and stands for nothing. */
const Language = z.enum(["ZH", "EN"]).meta({ id: "Language" });

const HelloReply = z.object({
  message: z.string(),
  data: Data,
  language: Language,
}).meta({ id: "HelloReply" });

const OkReply = z.object({
  message: z.string().default("ok"),
  createAt: z.iso.datetime().default(() => new Date().toISOString()),
}).meta({ id: "OkReply" });

/** The service, for its clients as well. */
export const service = new Service("fast_grpc_service.FastGRPC", {
  proto: new URL("./proto/", import.meta.url),
})
  .unaryUnary("SayHello", { request: HelloRequest, response: HelloReply }, ({ name }) => ({
    message: `Hello ${name}`,
    data: { name: "grpc", value: 1, age: 18 },
    language: "ZH",
  }))
  .unaryUnary("SayAgain", { request: z.object({}), response: OkReply }, () => ({}));

const app = new FastGRPC().addService(service);

if (import.meta.main) await app.run({ port: Number(Deno.args[0] ?? 50051), reflection: true });
