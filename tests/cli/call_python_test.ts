import { assert, assertEquals } from "@std/assert";
import { createCliFolder } from "../support/cli.ts";
import { transcript } from "../support/command.ts";
import { preparePythonGrpc, servePythonGreeter } from "../support/python_grpc.ts";

const GREETER = "greeter.v1.Greeter";

/** Commands, and what they print and exit with. */
const CASES: readonly (readonly [args: readonly string[], code: number, output: string])[] = [
  [["call", "@"], 0, `${GREETER}\ngrpc.health.v1.Health\n`],
  [
    ["call", "@", "grpc.health.v1.Health"],
    0,
    `grpc.health.v1.Health
  Check(grpc.health.v1.HealthCheckRequest) returns (grpc.health.v1.HealthCheckResponse)
  List(grpc.health.v1.HealthListRequest) returns (grpc.health.v1.HealthListResponse)
  Watch(grpc.health.v1.HealthCheckRequest) returns (stream grpc.health.v1.HealthCheckResponse)
`,
  ],
  [["call", "@", `${GREETER}/SayHello`, '{"name": "Ada"}'], 0, '{"message":"Hello Ada"}\n'],
  [
    ["call", "@", `${GREETER}/SayHelloTimes`, '{"times": 2, "intervalMs": 5}'],
    0,
    '{"message":"Hello 5"}\n{"message":"Hello 5"}\n',
  ],
  [
    ["call", "@", `${GREETER}/SayHelloToAll`, '{"name":"A"}{"name":"B"}'],
    0,
    '{"message":"Hello A, B"}\n',
  ],
  [["call", "@", `${GREETER}/Chat`, '{"name":"A"}'], 0, '{"message":"Hello A"}\n'],
  [["call", "@", `${GREETER}/SayHello`, '{"name": "fail"}'], 75, "OUT_OF_RANGE: too far\n"],
  [["health", "@"], 0, "SERVING\n"],
  [["health", "@", "--service=sick"], 4, "NOT_SERVING\n"],
];

Deno.test("call and health speak with a server in Python, whose reflection is v1alpha and has no names of JSON", async () => {
  const prepared = await preparePythonGrpc();
  if ("leftOut" in prepared) {
    assert(!Deno.env.get("REQUIRE_TOOLS"), `Cannot leave out ${prepared.leftOut}`);
    console.error(`Left out: ${prepared.leftOut}`);
    return;
  }
  await using server = await servePythonGreeter(prepared.python);
  await using folder = await createCliFolder();
  for (const [args, code, output] of CASES) {
    const address = `127.0.0.1:${server.port}`;
    const result = await folder.run(args.map((arg) => arg === "@" ? address : arg));
    assertEquals([result.code, result.stdout + result.stderr], [code, output], transcript(result));
  }
});
