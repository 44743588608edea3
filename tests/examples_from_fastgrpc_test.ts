import { assert, assertEquals, assertMatch } from "@std/assert";
import { createClient } from "@fastgrpc/fastgrpc/client";
import { fileURLToPath } from "node:url";
import { service } from "../examples/from_fastgrpc/fast_grpc_service.ts";
import { greetings } from "../examples/from_fastgrpc/stream_method.ts";
import { runBuf } from "./support/buf.ts";
import { LISTEN, withExample } from "./support/examples.ts";
import { connectGreeter } from "./support/connect_node.ts";
import { assertExitsWell, startProgram } from "./support/program.ts";

const FOLDER = new URL("../examples/from_fastgrpc/", import.meta.url);
const READ_PROTO = `--allow-read=${fileURLToPath(new URL("proto", FOLDER))}`;
/** The examples that have a `.proto`. */
const NAMES = ["greeter", "stream_method", "fast_grpc_service"];
const FLAGS = [...LISTEN, READ_PROTO];

/** What buf makes of a call, which it knows how to make by reflection. */
async function callByReflection(port: number, path: string, request: unknown): Promise<unknown> {
  const { success, output } = await runBuf(
    ...["curl", "--protocol", "grpc", "--http2-prior-knowledge", "--data", JSON.stringify(request)],
    `http://127.0.0.1:${port}/${path}`,
  );
  assert(success, output);
  return JSON.parse(output);
}

Deno.test("examples/from_fastgrpc/greeter.ts greets who finds it by reflection", () =>
  withExample("from_fastgrpc/greeter", FLAGS, async (port) => {
    const reply = await callByReflection(port, "greeter.Greeter/SayHello", { name: "Ada" });
    assertEquals(reply, { message: "Hello Ada" });
  }));

Deno.test("examples/from_fastgrpc/stream_method_client.ts calls the four methods of stream_method.ts", () =>
  withExample("from_fastgrpc/stream_method", FLAGS, async (port) => {
    await using client = startProgram(new URL("stream_method_client.ts", FOLDER), {
      args: [`http://127.0.0.1:${port}`],
      flags: ["--allow-net=127.0.0.1", READ_PROTO],
    });
    await assertExitsWell(client);
    assertEquals(client.output().trim().split("\n"), [
      "unaryUnary: Hello Ada",
      "streamUnary: Hello Ada and Grace and Barbara",
      ...[1, 2, 3].map((count) => `unaryStream: Hello Ada, ${count} of 3`),
      ...["Ada", "Grace", "Barbara"].map((name) => `streamStream: Hello ${name}`),
    ]);
  }));

Deno.test("examples/from_fastgrpc/stream_method.ts can be imported by a client, and found by reflection", () =>
  withExample("from_fastgrpc/stream_method", FLAGS, async (port) => {
    await using client = createClient(greetings, `http://127.0.0.1:${port}`);
    assertEquals(await client.unaryUnary({ name: "Ada" }), { message: "Hello Ada" });
    const reply = await callByReflection(port, "fast_grpc.FastGRPC/UnaryUnary", { name: "buf" });
    assertEquals(reply, { message: "Hello buf" });
  }));

Deno.test("examples/from_fastgrpc/pb2_service.ts serves what is generated", () =>
  withExample("from_fastgrpc/pb2_service", LISTEN, async (port) => {
    using client = connectGreeter(`http://127.0.0.1:${port}`);
    const { message } = await client.sayHello({ name: "Ada" });
    assertEquals(message, "Hello Ada, from a generated service");
  }));

Deno.test("examples/from_fastgrpc/fast_grpc_service.ts replies with messages, an enum and defaults", () =>
  withExample("from_fastgrpc/fast_grpc_service", FLAGS, async (port) => {
    await using client = createClient(service, `http://127.0.0.1:${port}`);
    assertEquals(await client.sayHello({ name: "Ada" }), {
      message: "Hello Ada",
      data: { name: "grpc", value: 1, age: 18 },
      language: "ZH",
    });
    const { message, createAt } = await client.sayAgain({});
    assertEquals(message, "ok");
    assertMatch(createAt, /^\d{4}-\d\d-\d\dT/);
    const reply = await callByReflection(port, "fast_grpc_service.FastGRPC/SayHello", {});
    assertEquals((reply as { language: string }).language, "LANGUAGE_ZH");
  }));

Deno.test("examples/from_fastgrpc/proto is up to date, and formatted", async () => {
  await using task = startProgram(new URL("../src/cli.ts", import.meta.url), {
    args: [
      "proto",
      "--check",
      ...NAMES.map((name) => fileURLToPath(new URL(`${name}.ts`, FOLDER))),
    ],
    flags: ["--allow-read"],
  });
  await assertExitsWell(task);
  const { success, output } = await runBuf(
    ...["format", "--diff", "--exit-code", "examples/from_fastgrpc/proto"],
  );
  assert(success, output);
});
