import { assert, assertEquals, assertRejects } from "@std/assert";
import { create, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "../../gen/grpc/health/v1/health_pb.ts";
import { Greeter, SayHelloTimesRequestSchema } from "../../gen/greeter/v1/greeter_pb.ts";
import { connectGreeter, connectService } from "../support/connect_node.ts";
import { envelope, openEnvelopes } from "../support/envelopes.ts";
import { serveGreeter } from "../support/greeter.ts";
import { connectHttp2 } from "../support/http2_client.ts";
import { createPemSet } from "../support/pem_files.ts";
import { isInstalled } from "../support/program.ts";
import { Gate } from "../support/stalling.ts";
import { untilRefused } from "../support/waiting.ts";
import { callSayHello, readStatus } from "../support/wire_formats.ts";

const OK = { code: "ok", message: "" };

Deno.test("shutdown() says NOT_SERVING, takes calls for lameDuck, then no more, then ends", async () => {
  const gate = new Gate();
  await using greeter = await serveGreeter({
    handlers: {
      async sayHello({ name }) {
        if (name === "wait") await gate.pass();
        return { message: "" };
      },
    },
    serve: { healthCheck: true, lameDuck: "500ms", gracefulTimeout: Infinity },
  });
  const { baseUrl, port } = greeter;
  using health = connectService(Health, baseUrl);
  using client = connectGreeter(baseUrl);
  assertEquals((await client.sayHello({})).message, "");
  const watch = health.watch({})[Symbol.asyncIterator]();
  assertEquals((await watch.next()).value?.status, Status.SERVING);
  const early = callSayHello(baseUrl, "grpc", "wait");
  await gate.reached(1);

  const events: string[] = [];
  const finished = greeter.server.shutdown().then(() => events.push("finished"));
  assertEquals((await watch.next()).value?.status, Status.NOT_SERVING);
  assertEquals((await health.check({ service: Greeter.typeName })).status, Status.NOT_SERVING);
  assertEquals((await client.sayHello({})).message, "");
  const late = callSayHello(baseUrl, "grpc", "wait");
  await gate.reached(2);

  const error = await assertRejects(() => watch.next(), ConnectError);
  assertEquals(error.code, Code.Unavailable);
  await untilRefused(port);
  assertEquals(greeter.server.callCount, 2);
  assertEquals(events, []);
  gate.open();
  assertEquals([await early, await late], [OK, OK]);
  await finished;
});

// In Node: the HTTP/2 client of Deno 2.9 loses answers that came in one piece after a GOAWAY.
for (const kind of ["http2", "grpc-js", "connect-node"]) {
  Deno.test({
    name: `shutdown() loses no call of a ${kind} client in Node that goes on during the drain`,
    ignore: !await isInstalled("npx"),
    async fn() {
      let taken = 0;
      await using greeter = await serveGreeter({
        handlers: {
          async sayHello() {
            const ms = taken++ % 5;
            await new Promise((resolve) => setTimeout(resolve, ms));
            return { message: "Hello" };
          },
        },
        serve: { gracefulTimeout: "10s" },
      });
      const client = startLoad(kind, greeter.port);
      let output = "";
      for await (const text of client.stdout.pipeThrough(new TextDecoderStream())) {
        if (output === "") void greeter.server.shutdown();
        output += text;
      }
      assertEquals((await client.status).code, 0);
      await greeter.server.finished;
      const { ok, ...failed } = JSON.parse(output.slice("running".length));
      assertEquals(ok, taken);
      const { unavailable, "not sent": notSent, ...lost } = failed;
      assertEquals(lost, {});
      assert(unavailable > 0 || notSent > 0);
    },
  });
}

function startLoad(kind: string, port: number): Deno.ChildProcess {
  const set = create(FileDescriptorSetSchema, { file: [Greeter.file.proto] });
  const descriptors = toBinary(FileDescriptorSetSchema, set).toBase64();
  const script = new URL("../support/load_client.mjs", import.meta.url).pathname;
  const packages = [
    "@grpc/grpc-js@1.14.0",
    "@connectrpc/connect@2.2.0",
    "@connectrpc/connect-node@2.2.0",
    "@bufbuild/protobuf@2.12.0",
  ];
  return new Deno.Command("npx", {
    args: [
      "-y",
      ...packages.map((name) => `--package=${name}`),
      "--",
      "node",
      script,
      kind,
      String(port),
      descriptors,
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

Deno.test("shutdown() lets large answers get out whole, with TLS and without", async (t) => {
  await using pem = await createPemSet();
  const message = "x".repeat(1_000_000);
  for (const isTls of [false, true]) {
    await t.step(isTls ? "TLS" : "plaintext", async () => {
      const gate = new Gate();
      await using greeter = await serveGreeter({
        handlers: {
          async *sayHelloTimes({ times }) {
            for (let sent = 0; sent < times; sent++) {
              if (sent === 1) await gate.pass();
              yield { message };
            }
          },
        },
        serve: {
          gracefulTimeout: Infinity,
          ...(isTls && pem.tls),
        },
      });
      using client = connectHttp2(greeter.baseUrl, isTls ? { ca: pem.ca.certificate } : {});
      const request = toBinary(
        SayHelloTimesRequestSchema,
        create(SayHelloTimesRequestSchema, { times: 4 }),
      );
      const answers = Array.from({ length: 8 }, async () => {
        const response = await client.request(
          "/greeter.v1.Greeter/SayHelloTimes",
          { "content-type": "application/grpc" },
          envelope(request),
        );
        assertEquals(readStatus(response), OK);
        return openEnvelopes(response.body).map(({ data }) => data.length > message.length);
      });
      await gate.reached(8);
      // GOAWAY is written between the frames of answers that are on their way.
      gate.open();
      const finished = greeter.server.shutdown();
      assertEquals(await Promise.all(answers), Array(8).fill([true, true, true, true]));
      await finished;
    });
  }
});
