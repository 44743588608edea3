import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "../gen/grpc/health/v1/health_pb.ts";
import { BUF } from "./support/buf.ts";
import { connectGreeter, connectService } from "./support/connect_node.ts";
import { LISTEN, withExample } from "./support/examples.ts";
import {
  assertExitsWell,
  createWorkFolder,
  isInstalled,
  type Program,
  startProgram,
} from "./support/program.ts";

const LISTEN_TLS = [...LISTEN, "--allow-read=certs"];
const SERVER = new URL("../examples/server.ts", import.meta.url);

Deno.test("examples/tls.ts serves TLS", () =>
  withExample("tls", LISTEN_TLS, async (port, read) => {
    using client = connectGreeter(`https://localhost:${port}`, { tls: { ca: read("ca.pem") } });
    assertEquals((await client.sayHello({ name: "TLS" })).message, "Hello TLS");
  }));

Deno.test("examples/mtls.ts asks for a certificate and shows whose it is", () =>
  withExample("mtls", LISTEN_TLS, async (port, read) => {
    const ca = read("ca.pem");
    using stranger = connectGreeter(`https://localhost:${port}`, { tls: { ca } });
    await assertRejects(() => stranger.sayHello({ name: "nobody" }));
    using client = connectGreeter(`https://localhost:${port}`, {
      tls: { ca, cert: read("client.pem"), key: read("client-key.pem") },
    });
    assertEquals(
      (await client.sayHello({ name: "mTLS" })).message,
      "Hello mTLS, you are spiffe://localhost/dev-client",
    );
  }));

Deno.test("examples/graceful.ts finishes a call that is in flight at SIGTERM", () =>
  withExample("graceful", LISTEN, async (port, _, example) => {
    using client = connectGreeter(`http://127.0.0.1:${port}`);
    const greetings = client.sayHelloTimes({ name: "you", times: 4, intervalMs: 50 });
    const received: string[] = [];
    for await (const { message } of greetings) {
      if (received.push(message) === 1) example.kill("SIGTERM");
    }
    assertEquals(received.length, 4);
  }));

Deno.test("examples/health.ts becomes healthy when its resource is there", () =>
  withExample("health", LISTEN, async (port) => {
    using client = connectService(Health, `http://127.0.0.1:${port}`);
    const seen: Status[] = [];
    for await (const { status } of client.watch({ service: "greeter.v1.Greeter" })) {
      if (seen.push(status) && status === Status.SERVING) break;
    }
    assertEquals(seen.at(-1), Status.SERVING);
    assertEquals((await client.check({})).status, Status.SERVING);
  }));

Deno.test("examples/timeouts.ts has a timeout for each layer", () =>
  withExample("timeouts", LISTEN, async (port) => {
    using client = connectGreeter(`http://127.0.0.1:${port}`);
    const left = async (options: { timeoutMs?: number } = {}) => {
      const { message } = await client.sayHello({ name: "you" }, options);
      return Number(/, ([\d.]+) s are left/.exec(message)?.[1]);
    };
    const byMethod = await left();
    assert(byMethod > 3 && byMethod <= 5, String(byMethod));
    const byClient = await left({ timeoutMs: 2000 });
    assert(byClient > 0.5 && byClient <= 2, String(byClient));
    const messages = await Array.fromAsync(
      client.sayHelloTimes({ name: "you" }, { timeoutMs: 1300 }),
    );
    assert(messages.length >= 1);
  }));

for (const variant of ["--plaintext", "--mtls", "--port=0"]) {
  Deno.test(`examples/server.ts ${variant} prints a command that works`, () =>
    withExample(
      "server",
      [...LISTEN_TLS, "--allow-write=certs"],
      async (port, _, example, folder) => {
        const [, command] = await example.printed(/^ +(npx [\s\S]*?SayHello)$/m);
        assertStringIncludes(command!, `:${port}/`);
        assertMatch(await paste(command!, folder), /"message": "Hello Deno"/);
      },
      variant === "--port=0" ? [variant] : [variant, "--port=0"],
    ));
}

Deno.test("examples/server.ts tells of the certificates that it makes, and of no others", async () => {
  await using folder = await createWorkFolder();
  await Deno.remove(`${folder.path}/certs/server.pem`);
  const serve = async () => {
    await using example = startServer(folder, "--port=0");
    await example.listening;
    example.kill("SIGTERM");
    await assertExitsWell(example);
    return example.output();
  };
  assertMatch(
    await serve(),
    /^made +certs\/server\.pem +valid until \d{4}-\d\d-\d\d, .*\n(?!made)/,
  );
  assert(!(await serve()).includes("valid until"));
});

const MISTAKES: readonly [args: string[], output: RegExp][] = [
  [["--mtls", "--plaintext"], /^Cannot serve mTLS in plaintext: .*\n$/],
  [["--port", "abc"], /^Cannot serve on --port "abc": use a whole number from 0 to 65535\n$/],
  [["--port="], /^Cannot serve on --port "": .*\n$/],
  [["--port=65536"], /^Cannot serve on --port "65536": .*\n$/],
  [["--unknown"], /^Unknown option '--unknown'\n\nServes [\s\S]*--port <n>[\s\S]*\n$/],
  [["50051"], /^Unexpected argument '50051'.*\n\nServes [\s\S]*\n$/],
];

for (const [args, output] of MISTAKES) {
  Deno.test(`examples/server.ts ${args.join(" ")} is told to be a mistake`, async () => {
    await using folder = await createWorkFolder();
    await assertMistake(folder, args, output);
  });
}

Deno.test("examples/server.ts tells of a port that is in use", async () => {
  await using folder = await createWorkFolder();
  using taken = Deno.listen({ hostname: "::", port: 0 });
  const { port } = taken.addr;
  await assertMistake(folder, [`--port=${port}`], new RegExp(`^Cannot listen on .*${port}.*\n$`));
});

Deno.test("examples/server.ts tells of a file in certs/ that it cannot use", async () => {
  await using folder = await createWorkFolder();
  await Deno.remove(`${folder.path}/certs/server-key.pem`);
  await Deno.symlink("gone.pem", `${folder.path}/certs/server-key.pem`);
  await assertMistake(folder, ["--port=0"], /^Cannot read ".*\/server-key\.pem": .* link .*\n$/);
});

/** Sees that the example ends with this output alone, and with code 2. */
async function assertMistake(folder: Folder, args: string[], output: RegExp): Promise<void> {
  await using example = startServer(folder, ...args);
  const { code } = await example.status;
  assertMatch(example.output(), output);
  assertEquals(code, 2);
}

type Folder = Awaited<ReturnType<typeof createWorkFolder>>;

function startServer(folder: Folder, ...args: string[]): Program {
  const flags = [...LISTEN_TLS, "--allow-write=certs"];
  return startProgram(SERVER, { args, flags, cwd: folder.path });
}

/** Runs a command line as a user would who copies it; without npm, Deno runs the same package. */
async function paste(command: string, cwd: string): Promise<string> {
  const withDeno = `"${Deno.execPath()}" run -A --quiet --no-lock --no-config ${BUF}`;
  const line = await isInstalled("npx")
    ? command
    : command.replace(/^npx .*? buf /, `${withDeno} `);
  const { stdout, stderr } = await new Deno.Command("sh", { args: ["-c", line], cwd }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}
