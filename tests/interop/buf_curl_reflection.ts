/** `buf curl` without a .proto file: it asks the server for its schema. */

import { assert, assertEquals } from "@std/assert";
import { FastGRPC } from "@fastgrpc/fastgrpc";
import { BUF_PROTOCOLS, runBufCurl } from "../support/buf_curl.ts";
import { GREETER_CALLS, readReplies, toJsonStream } from "../support/greeter_calls.ts";
import { type InteropServer, PORT_KINDS, startExampleServer } from "../support/interop_servers.ts";
import { addLibrary, generateLibrary } from "../support/library.ts";

/** How the tool asks, which by itself it does by the newer one. */
const VERSIONS = {
  "by v1": ["--reflect-protocol=grpc-v1"],
  "by v1alpha": ["--reflect-protocol=grpc-v1alpha"],
  "by whichever it finds": [],
};

async function print(
  server: InteropServer,
  args: readonly string[],
  path: string = "",
): Promise<string> {
  const { success, output } = await runBufCurl(server, args, path);
  assert(success, output);
  return output;
}

for (const kind of PORT_KINDS) {
  Deno.test(`buf curl over ${kind}`, async (t) => {
    await using server = await startExampleServer(kind);
    for (const [how, flags] of Object.entries(VERSIONS)) {
      await t.step(`lists services by reflection, ${how}`, async () => {
        const listed = await print(server, [...flags, "--list-services"]);
        assertEquals(listed.trim().split("\n"), [
          "greeter.v1.Greeter",
          "grpc.health.v1.Health",
          "grpc.reflection.v1.ServerReflection",
          "grpc.reflection.v1alpha.ServerReflection",
        ]);
      });
    }
    await t.step("lists methods by reflection", async () => {
      const listed = await print(server, ["--list-methods"]);
      const methods = listed.split("\n").filter((line) => line.startsWith("greeter."));
      const expected = GREETER_CALLS.map(({ method }) => `greeter.v1.Greeter/${method}`);
      assertEquals(methods.sort(), expected.sort());
    });
    for (const [name, protocol] of Object.entries(BUF_PROTOCOLS)) {
      for (const { kind, method, requests, replies } of GREETER_CALLS) {
        await t.step(`calls ${kind} by reflection, by ${name}`, async () => {
          const args = ["--protocol", protocol, "--data", toJsonStream(requests)];
          assertEquals(
            readReplies(await print(server, args, `/greeter.v1.Greeter/${method}`)),
            replies,
          );
        });
      }
    }
    await server.stop();
  });
}

Deno.test("buf curl over plaintext, calls by reflection of files with options and imports", async () => {
  await using library = await generateLibrary();
  const app = addLibrary(new FastGRPC(), library);
  await using server = await app.serve({ port: 0, hostname: "127.0.0.1", reflection: true });
  const files = { ca: "", cert: "", key: "", strangerCa: "" };
  const url = `http://127.0.0.1:${server.addr.port}`;
  const args = ["--protocol=grpc", "--data", '{"title": "Emma", "notes": {"a": {}}}'];
  const path = "/library.v1.Library/CountBooks";
  const { success, output } = await runBufCurl({ kind: "plaintext", files, url }, args, path);
  assert(success, output);
  assertEquals(JSON.parse(output), { count: 1 });
});
