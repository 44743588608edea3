import { assertEquals, assertMatch } from "@std/assert";
import { createCliFolder } from "../support/cli.ts";
import { transcript } from "../support/command.ts";
import { createEchoApp } from "../support/echo_service.ts";

const SERVE = { port: 0, hostname: "127.0.0.1", reflection: true };
const EXTRA = "type.googleapis.com/echo.v1.Extra";

/** What goes there and comes back as it is. */
const ECHOED: readonly string[] = [
  '{"text":"é 🎉"}',
  '{"big":"9223372036854775807","raw":"AAEC/w==","color":"COLOR_RED"}',
  '{"children":[{"text":"a"},{"children":[{"text":"b"}]}],"byName":{"x":{"text":"c"}}}',
  '{"at":"2026-11-22T12:00:00.250Z"}',
  `{"any":{"size":3,"@type":"${EXTRA}"}}`,
  `{"any":{"value":"2026-11-22T12:00:00Z","@type":"type.googleapis.com/google.protobuf.Timestamp"}}`,
  `{"any":{"any":{"size":4,"@type":"${EXTRA}"},"@type":"type.googleapis.com/echo.v1.Thing"}}`,
  '{"open":{"id":1}}',
];

/** What comes back written as it is always written. */
const OTHERWISE: readonly (readonly [sent: string, back: string])[] = [
  ['{"big": 9223372036854775807}', '{"big":"9223372036854775807"}'],
  ['{"big": -9007199254740993}', '{"big":"-9007199254740993"}'],
  ['{"by_name": {"a": {}}}', '{"byName":{"a":{}}}'],
  ['{"color": 1}', '{"color":"COLOR_RED"}'],
  ['{"text": null}', "{}"],
];

Deno.test("call sends and prints what protobuf's JSON has, by the types of the server", async () => {
  await using folder = await createCliFolder();
  await using server = await createEchoApp().serve(SERVE);
  const { port } = server.addr;
  const cases = [...ECHOED.map((each) => [each, each] as const), ...OTHERWISE];
  for (const [sent, back] of cases) {
    const result = await folder.run(["call", `127.0.0.1:${port}`, "echo.v1.Echo/Echo", sent]);
    assertEquals([result.code, result.stdout], [0, `${back}\n`], transcript(result));
  }
});

/** The paths of fields that do not fit, as they are told. */
const MISFITS: readonly (readonly [sent: string, told: RegExp])[] = [
  ['{"children": [{}, {"big": "x"}]}', /Thing: children\[1\]\.big: .*x/],
  [
    '{"children": [{"children": [{"txt": 1}]}]}',
    /Thing: children\[0\]\.children\[0\]\.txt: there is no such field/,
  ],
  ['{"byName": {"a": {}, "b": {"color": "BLUE"}}}', /Thing: byName\["b"\]\.color: .*BLUE/],
  ['{"by_name": {"a": 1}}', /Thing: by_name\["a"\]: /],
  ['{"at": "yesterday"}', /Thing: at: /],
  ['{"raw": "!"}', /Thing: raw: /],
  ['{"any": {"@type": "type.googleapis.com/no.Such"}}', /Thing: any: .*no\.Such/],
  ['{"children": {}}', /Thing: children: /],
  ['{"text": "a", "text2": "b"}', /Thing: text2: there is no such field, did you mean "text"\?/],
  ['{"open": {"[echo.v1.nothing]": 1}}', /Thing: open.*echo\.v1\.nothing/],
];

Deno.test("call tells the path of a field that does not fit", async () => {
  await using folder = await createCliFolder();
  await using server = await createEchoApp().serve(SERVE);
  const { port } = server.addr;
  for (const [sent, told] of MISFITS) {
    const result = await folder.run(["call", `127.0.0.1:${port}`, "echo.v1.Echo/Echo", sent]);
    assertEquals([result.code, result.stdout], [2, ""], `${sent}: ${transcript(result)}`);
    assertMatch(result.stderr, told);
  }
});

Deno.test("call shows what an Any and extensions hold, which it asks the server for", async () => {
  await using folder = await createCliFolder();
  await using server = await createEchoApp().serve(SERVE);
  const get = (what: string, ...args: string[]) =>
    folder.run([
      ...["call", `127.0.0.1:${server.addr.port}`, "echo.v1.Echo/GetOpen"],
      ...[JSON.stringify({ text: what }), ...args],
    ]);
  const open = await get("open");
  assertEquals(open.stdout, '{"open":{"id":1,"[echo.v1.note]":"noted"}}\n', transcript(open));
  const extra = await get("extra");
  assertEquals(extra.stdout, `{"any":{"size":7,"@type":"${EXTRA}"}}\n`, transcript(extra));
  const nested = await get("nested");
  assertEquals(
    nested.stdout,
    `{"any":{"value":{"size":8,"@type":"${EXTRA}"},"@type":"type.googleapis.com/google.protobuf.Any"}}\n`,
    transcript(nested),
  );
  const defaults = await get("nothing", "--emit-defaults");
  assertEquals(
    defaults.stdout,
    '{"text":"","big":"0","raw":"","children":[],"byName":{},"color":"COLOR_UNSPECIFIED"}\n',
  );
});

Deno.test("call leaves out what an Any of an unknown type holds, and says so", async () => {
  await using folder = await createCliFolder();
  await using server = await createEchoApp().serve(SERVE);
  const address = `127.0.0.1:${server.addr.port}`;
  const secret = await folder.run(["call", address, "echo.v1.Echo/GetOpen", '{"text":"secret"}']);
  assertEquals(
    [secret.code, secret.stdout],
    [0, '{"any":{"@type":"type.googleapis.com/secret.v1.Secret"}}\n'],
    transcript(secret),
  );
  assertMatch(
    secret.stderr,
    /^The type secret\.v1\.Secret in a google\.protobuf\.Any is not known/,
  );
  const broken = await folder.run(["call", address, "echo.v1.Echo/GetOpen", '{"text":"broken"}']);
  assertEquals([broken.code, broken.stdout], [1, ""], transcript(broken));
  assertMatch(broken.stderr, /^Cannot print a reply: /);
});

Deno.test("call decodes the details of an error: google.rpc's, the server's, and others as base64", async () => {
  await using folder = await createCliFolder();
  await using server = await createEchoApp().serve(SERVE);
  const result = await folder.run([
    ...["call", `127.0.0.1:${server.addr.port}`, "echo.v1.Echo/Fail", '{"text": "too old"}'],
  ]);
  assertEquals([result.code, result.stdout], [64 + 9, ""], transcript(result));
  assertEquals(
    result.stderr,
    `FAILED_PRECONDITION: too old
  google.rpc.ErrorInfo {"reason":"TOO_OLD","domain":"echo.test"}
  echo.v1.Extra {"size":3}
  secret.v1.Secret CgNhYmM= (base64)
`,
  );
});
