/**
 * A project of somebody who has the kit from elsewhere: by URL, from JSR, from npm. It serves, calls, and
 * prints as JSON what came of it. The tests beside it copy it and put what it imports elsewhere, and run
 * it in Deno and in Node.
 *
 * @module
 */

import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { Code as OwnCode, ConnectError as OwnConnectError } from "@connectrpc/connect";
import { isMessage } from "@bufbuild/protobuf";
import { Code, ConnectError, FastGRPC, Service, type ServiceContext } from "@fastgrpc/fastgrpc";
import { createClient, type ServiceClient } from "@fastgrpc/fastgrpc/client";
import { BadRequestSchema } from "@fastgrpc/fastgrpc/errors";
import { Health, HealthCheckResponse_ServingStatus as Status } from "@fastgrpc/fastgrpc/health";
import { toProtoText } from "@fastgrpc/fastgrpc/proto";
import { testClient } from "@fastgrpc/fastgrpc/testing";
import { message } from "@fastgrpc/fastgrpc/zod";
import { z } from "zod";
import {
  Greeter,
  SayHelloRequestSchema,
  SayHelloResponseSchema,
} from "../../../gen/greeter/v1/greeter_pb.ts";

const notes = new Service("notes.v1.Notes").unaryUnary("Add", {
  request: z.object({ text: z.string().min(1), author: message(SayHelloRequestSchema) }),
  response: z.object({ text: z.string() }),
}, ({ text, author }) => ({ text: `${author.name}: ${text}` }));

const createApp = () =>
  new FastGRPC({ timeout: "10s" })
    .addService(notes)
    .addService(Greeter, {
      sayHello({ name }, context: ServiceContext) {
        if (name === "") throw new OwnConnectError("a name is wanted", OwnCode.InvalidArgument);
        return { message: `Hello ${name}, by ${context.protocol}` };
      },
      async *sayHelloTimes({ name, times }) {
        for (let sent = 0; sent < times; sent++) yield { message: `${sent} ${name}` };
      },
      async sayHelloToAll(requests) {
        const names: string[] = [];
        for await (const { name } of requests) names.push(name);
        return { message: names.join() };
      },
      async *chat(requests) {
        for await (const { name } of requests) yield { message: name };
      },
    });

const app = createApp();

/** What a compiler refuses, where the types have come along. Nobody calls it. */
export async function mistakes(client: ServiceClient<typeof Greeter>): Promise<void> {
  // @ts-expect-error A duration is no truth value.
  new FastGRPC({ timeout: true });
  // @ts-expect-error A method is missing.
  app.addService(Greeter, { sayHello: () => ({}) });
  // @ts-expect-error A name is a text.
  await client.sayHello({ name: 1 });
  // @ts-expect-error A reply has a message alone.
  (await client.sayHello({})).name;
  // @ts-expect-error There is no such option.
  createClient(Greeter, "http://localhost", { deadline: 1 });
  // @ts-expect-error The service in code has this method alone.
  createClient(notes, "http://localhost").remove;
  // @ts-expect-error A note has a text.
  createClient(notes, "http://localhost").add({ author: {} });
}

async function* names(...all: string[]) {
  for (const name of all) yield { name };
}

const server = await app.serve({ port: 0, hostname: "127.0.0.1", healthCheck: true });
const url = `http://127.0.0.1:${server.addr.port}`;
const greeter = createClient(Greeter, url);
const ownServer = createServer();
const mounted = await createApp().addToServer(ownServer);
await new Promise<void>((resolve) => ownServer.listen(0, "127.0.0.1", resolve));
const { port: ownPort } = ownServer.address() as AddressInfo;
const onOwn = createClient(Greeter, `http://127.0.0.1:${ownPort}`);
const noteClient = createClient(notes, url, { protocol: "connect" });
const inMemory = testClient(app, Greeter);
const health = createClient(Health, url);

const reply = await greeter.sayHello({ name: "Ada" });
const replies: string[] = [];
for await (const { message } of greeter.sayHelloTimes({ name: "Ada", times: 2 })) {
  replies.push(message);
}
const chat: string[] = [];
for await (const { message } of greeter.chat(names("Ada", "Bob"))) chat.push(message);
const refused = await greeter.sayHello({ name: "" }).catch((error) => error);
const invalid = await noteClient.add({ text: "", author: {} }).catch((error) => error);

console.log(JSON.stringify({
  oneCopyOfConnect: ConnectError === OwnConnectError && Code === OwnCode,
  oneCopyOfProtobuf: isMessage(reply, SayHelloResponseSchema),
  unary: reply.message,
  replies,
  toAll: (await greeter.sayHelloToAll(names("Ada", "Bob"))).message,
  chat,
  refused: refused instanceof OwnConnectError && Code[refused.code],
  invalid: invalid instanceof ConnectError && invalid.findDetails(BadRequestSchema).length,
  inCode: (await noteClient.add({ text: "hello", author: { name: "Ada" } })).text,
  inMemory: (await inMemory.sayHello({ name: "Ada" })).message,
  onOwnServer: (await onOwn.sayHello({ name: "Ada" })).message,
  health: Status[(await health.check({})).status],
  proto: toProtoText(Greeter.file).includes("service Greeter {"),
}));

for (const client of [greeter, noteClient, inMemory, health, onOwn]) {
  await client[Symbol.asyncDispose]();
}
await mounted.shutdown();
await server.shutdown();
