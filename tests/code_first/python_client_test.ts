import { assert, assertEquals } from "@std/assert";
import { runCommand, transcript } from "../support/command.ts";
import { prepareProtoc } from "../support/protoc.ts";
import { createProtoModule } from "../support/wide_module.ts";
import { createWideApp, WIDE_FILE, WIDE_IMPORT } from "../support/wide_service.ts";
import { WIDE_JSON, WIDE_VALUE } from "../support/wide_values.ts";

const SCRIPT = new URL("../support/wide_client.py", import.meta.url).pathname;

Deno.test("a client in Python, generated from toProto(), calls the app", async () => {
  const protoc = await prepareProtoc();
  if ("leftOut" in protoc) {
    assert(!Deno.env.get("REQUIRE_TOOLS"), `Cannot leave out ${protoc.leftOut}`);
    console.error(`Left out: ${protoc.leftOut}`);
    return;
  }
  const run = async (...args: string[]) => {
    const result = await runCommand(protoc.python, args);
    assertEquals(result.code, 0, transcript(result));
    return result.stdout;
  };
  await using module = await createProtoModule(createWideApp());
  const { folder } = module;
  await run(
    ...["-m", "grpc_tools.protoc", `-I${folder}`, `--python_out=${folder}`],
    ...[`--grpc_python_out=${folder}`, WIDE_FILE, WIDE_IMPORT],
  );
  const seen: object[] = [];
  await using server = await createWideApp((wide) => seen.push(wide))
    .serve({ hostname: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${server.addr.port}`;
  assertEquals(JSON.parse(await run(SCRIPT, folder, address, JSON.stringify(WIDE_JSON))), {
    echo: WIDE_JSON,
    same: true,
    default: 0,
    count: [1, 2, 3],
    sum: "9007199254740992",
    turn: ["A", "B"],
    hello: "Hello you",
    scale: { circle: { radius: 4 } },
    ping: {},
    refused: ["INVALID_ARGUMENT", "invalid request: to: Too big: expected number to be <=100"],
  });
  assertEquals(seen, [WIDE_VALUE]);
});
