import { assertEquals, assertMatch } from "@std/assert";
import { type CliFolder, createCliFolder } from "../support/cli.ts";
import { type CommandResult, transcript } from "../support/command.ts";
import { createEchoApp, ECHO_SCHEMA } from "../support/echo_service.ts";
import { serveGreeter } from "../support/greeter.ts";
import { createPemSet } from "../support/pem_files.ts";

const GREETER = "greeter.v1.Greeter";
const REFLECTING = { serve: { reflection: true, healthCheck: true } };

/** Calls with no permission but for the port, and to read in the folder. */
function call(
  folder: CliFolder,
  port: number,
  ...args: readonly string[]
): Promise<CommandResult> {
  return folder.run(["call", `127.0.0.1:${port}`, ...args], {
    flags: [`--allow-net=127.0.0.1:${port}`, "--allow-read=."],
  });
}

Deno.test("call lists the services, and the methods of one with their signatures", async () => {
  await using folder = await createCliFolder();
  await using greeter = await serveGreeter(REFLECTING);
  const services = await call(folder, greeter.port);
  assertEquals(
    [services.code, services.stdout, services.stderr],
    [
      0,
      `${GREETER}
grpc.health.v1.Health
grpc.reflection.v1.ServerReflection
grpc.reflection.v1alpha.ServerReflection
`,
      "",
    ],
  );
  const methods = await call(folder, greeter.port, GREETER);
  assertEquals(
    [methods.code, methods.stdout, methods.stderr],
    [
      0,
      `${GREETER}
  SayHello(greeter.v1.SayHelloRequest) returns (greeter.v1.SayHelloResponse)
  SayHelloTimes(greeter.v1.SayHelloTimesRequest) returns (stream greeter.v1.SayHelloResponse)
  SayHelloToAll(stream greeter.v1.SayHelloRequest) returns (greeter.v1.SayHelloResponse)
  Chat(stream greeter.v1.SayHelloRequest) returns (stream greeter.v1.SayHelloResponse)
`,
      "",
    ],
  );
});

const ADA = `{"message":"Hello Ada"}\n`;
const CALLS: readonly (readonly [args: readonly string[], stdout: string])[] = [
  [[`${GREETER}/SayHello`, '{"name": "Ada"}'], ADA],
  [[`/${GREETER}/SayHello`, "@ada.json"], ADA],
  [[`${GREETER}.SayHello`], `{"message":"Hello World"}\n`],
  [[`${GREETER}/SayHello`, "{}", "--pretty"], `{\n  "message": "Hello World"\n}\n`],
  [[`${GREETER}/SayHelloTimes`, '{"name": "Ada", "times": 2}'], ADA + ADA],
  [[`${GREETER}/SayHelloTimes`], ""],
  [[`${GREETER}/SayHelloToAll`, '{"name": "A"}{"name": "B"}', "@ada.json"], greet("A, B, Ada")],
  [[`${GREETER}/SayHelloToAll`, ""], greet("World")],
  [
    [`${GREETER}/Chat`, '{"name": "A"}', '{"name": "B"}\n{"name": "C"}'],
    ["A", "B", "C"].map(greet)
      .join(""),
  ],
  [["grpc.health.v1.Health/Check", '{"service": "greeter.v1.Greeter"}'], `{"status":"SERVING"}\n`],
  [["grpc.health.v1.Health/Check", "--timeout=20s"], `{"status":"SERVING"}\n`],
];

function greet(name: string): string {
  return `{"message":"Hello ${name}"}\n`;
}

for (const protocol of ["grpc", "grpc-web", "connect"]) {
  Deno.test(`call makes calls of all kinds by ${protocol}`, async () => {
    await using folder = await createCliFolder({ "ada.json": '{"name": "Ada"}' });
    await using greeter = await serveGreeter(REFLECTING);
    for (const [args, stdout] of CALLS) {
      const result = await call(folder, greeter.port, ...args, `--protocol=${protocol}`);
      assertEquals([result.code, result.stdout, result.stderr], [0, stdout, ""], args.join(" "));
    }
  });
}

const WRONG: readonly (readonly [args: readonly string[], stderr: RegExp])[] = [
  [
    ["Greeter"],
    /^Cannot find service "Greeter" in the server's reflection: did you mean "greeter\.v1\.Greeter"\?$/m,
  ],
  [["greeter.v1.Greter/SayHello"], /did you mean "greeter\.v1\.Greeter"\?/],
  [
    [`${GREETER}/SayHelo`],
    /^Cannot find method "SayHelo" of greeter\.v1\.Greeter: did you mean "SayHello"\?/,
  ],
  [[`${GREETER}/sayHello`], /did you mean "SayHello"/],
  [[`${GREETER}/SayHello`, "{}{}"], /^Cannot call SayHello with 2 requests: it takes one/],
  [[`${GREETER}/SayHello`, "@nowhere.json"], /^Cannot read request @nowhere\.json: /],
  [[`${GREETER}/SayHello`, '{"name":'], /^Cannot read JSON that is cut off: \{"name":$/m],
  [[`${GREETER}/SayHello`, "{name: 1}"], /^Cannot read JSON \{name: 1\}: /],
  [
    [`${GREETER}/SayHello`, '{"nam": 1}'],
    /SayHelloRequest: nam: there is no such field, did you mean "name"\?/,
  ],
  [[`${GREETER}/SayHello`, '{"name": 1}'], /SayHelloRequest: name: expected string, got 1/],
  [[`${GREETER}/SayHello`, "1"], /SayHelloRequest: expected object, got 1|SayHelloRequest: .*1/],
  [[`${GREETER}/Chat`, '{"name": "A"} {"nam": 1}'], /nam: there is no such field/],
  [[`${GREETER}/SayHello`, "--timeout=never"], /"--timeout": a duration is/],
  [[`${GREETER}/SayHello`, "--max-receive-bytes=x"], /^Cannot use "x" for --max-receive-bytes/],
  [[`${GREETER}/SayHello`, "--protocol=soap"], /^Cannot use "soap" for --protocol/],
  [[`${GREETER}/SayHello`, "--schema=nowhere"], /^Cannot read --schema nowhere: /],
  [
    [`${GREETER}/SayHello`, "--schema=server.ts"],
    /^Cannot use --schema server\.ts: a FileDescriptorSet/,
  ],
];

Deno.test("call fails with 2 of wrong usage, and says why in a line", async () => {
  await using folder = await createCliFolder();
  await using greeter = await serveGreeter(REFLECTING);
  for (const [args, stderr] of WRONG) {
    const result = await call(folder, greeter.port, ...args);
    assertEquals(result.code, 2, `${args.join(" ")}: ${transcript(result)}`);
    assertMatch(result.stderr, stderr);
    assertEquals(/^ +at /m.test(result.stderr), false, result.stderr);
  }
});

Deno.test("call tells how a call failed, and exits with 64 and gRPC's code", async () => {
  await using folder = await createCliFolder();
  await using greeter = await serveGreeter(REFLECTING);
  const { port } = greeter;
  const unknown = await call(folder, port, "grpc.health.v1.Health/Check", '{"service": "x"}');
  assertEquals([unknown.code, unknown.stderr], [69, 'NOT_FOUND: unknown service "x"\n']);
  const times = '{"times": 2, "intervalMs": 30000}';
  const late = await call(folder, port, `${GREETER}/SayHelloTimes`, times, "--timeout=500ms");
  assertEquals([late.code, late.stdout], [68, greet("World")], transcript(late));
  assertMatch(late.stderr, /^DEADLINE_EXCEEDED: deadline exceeded after 500ms/);
  const large = await call(folder, port, `${GREETER}/SayHello`, "--max-receive-bytes=1");
  assertEquals(large.code, 64 + 8, transcript(large));
  await greeter.server.stop();
  const gone = await call(folder, port, `${GREETER}/SayHello`);
  assertEquals(gone.code, 78, transcript(gone));
  assertMatch(gone.stderr, /^UNAVAILABLE: cannot connect to http:.*ECONNREFUSED/);
});

Deno.test("call tells a server without reflection from others, and calls it by a schema", async () => {
  await using folder = await createCliFolder();
  await Deno.writeFile(`${folder.path}/schema.binpb`, ECHO_SCHEMA);
  await using server = await createEchoApp().serve({ port: 0, hostname: "127.0.0.1" });
  const { port } = server.addr;
  const without = await call(folder, port, "echo.v1.Echo/Echo", "{}");
  assertEquals([without.code, without.stdout], [1, ""], transcript(without));
  assertMatch(
    without.stderr,
    /^the server has no reflection: .*reflection: true.*--schema=<file>\n$/,
  );
  const schema = "--schema=schema.binpb";
  assertEquals((await call(folder, port, schema)).stdout, "echo.v1.Echo\n");
  const listed = await call(folder, port, schema, "echo.v1.Echo");
  assertMatch(
    listed.stdout,
    /^echo\.v1\.Echo\n {2}Echo\(echo\.v1\.Thing\) returns \(echo\.v1\.Thing\)$/m,
  );
  const echoed = await call(folder, port, schema, "echo.v1.Echo/Echo", '{"text": "a"}');
  assertEquals([echoed.code, echoed.stdout], [0, '{"text":"a"}\n'], transcript(echoed));
  const open = await call(folder, port, schema, "echo.v1.Echo/GetOpen", '{"text": "open"}');
  assertEquals(open.stdout, '{"open":{"id":1,"[echo.v1.note]":"noted"}}\n', transcript(open));
});

Deno.test("call sends metadata, and --verbose tells what came back", async () => {
  await using folder = await createCliFolder();
  const seen: Headers[] = [];
  await using server = await createEchoApp(seen)
    .serve({ port: 0, hostname: "127.0.0.1", reflection: true });
  const { port } = server.addr;
  const result = await call(
    ...[folder, port, "echo.v1.Echo/Echo", "-H", "x-a: 1", "-H", "X-A: 2"] as const,
    ...["--metadata=x-b-bin: AAEC/w==", "--verbose"],
  );
  assertEquals([result.code, result.stdout], [0, "{}\n"], transcript(result));
  assertEquals([seen[0]?.get("x-a"), seen[0]?.get("x-b-bin")], ["1, 2", "AAEC/w"]);
  assertMatch(
    result.stderr,
    /^> http:\/\/127\.0\.0\.1:\d+\/echo\.v1\.Echo\/Echo \(grpc\)\n> x-a: 1\n> x-a: 2\n> x-b-bin: AAEC\/w\n< header after \d+ms\n[^]*< trailers after \d+ms\n< grpc-status: 0\nOK after \d+ms, 1 request, 1 reply\n$/,
  );
});

Deno.test("call speaks TLS and mTLS", async () => {
  await using folder = await createCliFolder();
  await using pem = await createPemSet();
  await using greeter = await serveGreeter({ serve: { reflection: true, ...pem.mtls } });
  const run = (...args: string[]) =>
    folder.run(["call", `https://127.0.0.1:${greeter.port}`, `${GREETER}/SayHello`, ...args], {
      flags: [`--allow-net=127.0.0.1:${greeter.port}`, `--allow-read=${pem.directory.pathname}`],
    });
  const trust = `--ca-certificate=${pem.caCertificate.pathname}`;
  const mtls = await run(
    trust,
    `--client-certificate-chain=${pem.clientCertificateChain.pathname}`,
    `--client-private-key=${pem.clientPrivateKey.pathname}`,
    "--server-name=localhost",
  );
  assertEquals([mtls.code, mtls.stdout], [0, greet("World")], transcript(mtls));
  for (const args of [[], [trust]]) {
    const refused = await run(...args);
    assertEquals([refused.code, refused.stdout], [78, ""], transcript(refused));
    assertMatch(refused.stderr, /^UNAVAILABLE: /);
  }
  const plain = await folder.run(["call", `127.0.0.1:${greeter.port}`], {
    flags: [`--allow-net=127.0.0.1:${greeter.port}`],
  });
  assertEquals([plain.code, plain.stdout], [78, ""], transcript(plain));
  const hint = "(if it speaks TLS, use https:// or --tls)";
  assertEquals(plain.stderr, `UNAVAILABLE: the connection broke off ${hint}\n`);
});

Deno.test("call tells which permission it lacks", async () => {
  await using folder = await createCliFolder();
  const result = await folder.run(["call", "localhost:47"], { flags: [] });
  assertEquals(
    [result.code, result.stderr],
    [2, "Cannot connect to http://localhost:47: allow it by --allow-net=localhost:47\n"],
  );
});
