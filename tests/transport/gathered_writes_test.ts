import { assertEquals } from "@std/assert";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import { gatherWrites } from "../../src/transport/gathered_writes.ts";
import { FrameClient } from "../support/frame_client.ts";
import { serveGreeter } from "../support/greeter.ts";

/** Both ends of a connection, closed when it is over. */
async function withSockets(use: (near: Socket, far: Socket) => Promise<void>): Promise<void> {
  const server = createServer();
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const near = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const far = await accepted;
  try {
    await use(near, far);
  } finally {
    near.destroy();
    far.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

Deno.test("gatherWrites() hands on what is written in one turn as one, and in order", async () => {
  await withSockets(async (near, far) => {
    gatherWrites(near);
    const received = text(far);
    let systemCalls = 0;
    const { _writev } = near as unknown as { _writev: (...args: unknown[]) => void };
    (near as unknown as { _writev: unknown })._writev = (...args: unknown[]) => {
      systemCalls++;
      _writev.apply(near, args);
    };
    for (const turn of ["a", "b"]) {
      for (let i = 0; i < 100; i++) near.write(`${turn}${i} `);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    near.end("the end");
    const words = ["a", "b"].flatMap((turn) => Array.from({ length: 100 }, (_, i) => turn + i));
    assertEquals(await received, `${words.join(" ")} the end`);
    assertEquals(systemCalls, 2);
  });
});

Deno.test("gatherWrites() lets a socket be closed in the same turn", async () => {
  await withSockets(async (near, far) => {
    gatherWrites(near);
    const received = text(far);
    near.write("last ");
    near.end("words");
    assertEquals(await received, "last words");
  });
});

Deno.test("app.serve() answers many calls of one turn with few writes", async () => {
  await using greeter = await serveGreeter();
  await using client = await FrameClient.connect({ port: greeter.port });
  await client.sayHello();
  const answers = await Promise.all(Array.from({ length: 100 }, () => client.sayHello()));
  assertEquals(answers.map(({ grpcStatus }) => grpcStatus), Array(100).fill(0));
});
