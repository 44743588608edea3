import { assertEquals, assertMatch } from "@std/assert";
import { type CliTalk, talkToCli } from "../support/cli_talk.ts";
import { serveGreeter } from "../support/greeter.ts";
import { eventually } from "../support/waiting.ts";

const CHAT = "greeter.v1.Greeter/Chat";
const REFLECTING = { reflection: true };

function talk(port: number, ...args: readonly string[]): CliTalk {
  return talkToCli(["call", `127.0.0.1:${port}`, ...args], [`--allow-net=127.0.0.1:${port}`]);
}

for (const protocol of ["grpc", "grpc-web", "connect"]) {
  Deno.test(`call talks to a bidirectional stream, each request as it is typed, by ${protocol}`, async () => {
    await using greeter = await serveGreeter({ serve: REFLECTING });
    await using cli = talk(greeter.port, CHAT, `--protocol=${protocol}`);
    await cli.type('{"name": "Ada"}\n');
    await cli.printed('{"message":"Hello Ada"}\n');
    await cli.type('{"name":');
    await cli.type(' "Bob"}');
    await cli.printed('{"message":"Hello Ada"}\n{"message":"Hello Bob"}\n');
    await cli.end();
    assertEquals(await cli.code, 0, cli.stderr());
    assertEquals(cli.stderr(), "");
  });
}

Deno.test("call sends the requests of its arguments, and then those that are typed", async () => {
  await using greeter = await serveGreeter({ serve: REFLECTING });
  await using cli = talk(greeter.port, CHAT, '{"name": "A"}', "-");
  await cli.printed('{"message":"Hello A"}\n');
  await cli.type('{"name": "B"}');
  await cli.end();
  assertEquals([await cli.code, cli.stdout()], [
    0,
    '{"message":"Hello A"}\n{"message":"Hello B"}\n',
  ]);
});

Deno.test("call ends with the server's error, whoever still types", async () => {
  await using greeter = await serveGreeter({
    serve: REFLECTING,
    handlers: {
      // deno-lint-ignore require-yield
      async *chat(requests) {
        for await (const _ of requests) throw new Error("for the log alone");
      },
    },
  });
  await using cli = talk(greeter.port, CHAT);
  await cli.type('{"name": "A"}');
  assertEquals(await cli.code, 64 + 13, cli.stderr());
  assertEquals(cli.stderr(), "INTERNAL: internal error\n");
});

Deno.test("call ends with 2 at a typed request that does not fit, and cancels the call", async () => {
  let wasCancelled = false;
  await using greeter = await serveGreeter({
    serve: REFLECTING,
    handlers: {
      async *chat(requests, { signal }) {
        signal.addEventListener("abort", () => wasCancelled = true);
        for await (const { name } of requests) yield { message: name };
      },
    },
  });
  await using cli = talk(greeter.port, CHAT);
  await cli.type('{"name": "A"}');
  await cli.printed('{"message":"A"}\n');
  await cli.type('{"nam": "B"}');
  assertEquals(await cli.code, 2, cli.stderr());
  assertMatch(cli.stderr(), /nam: there is no such field, did you mean "name"\?/);
  await eventually("cancelled", () => wasCancelled);
});

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`call exits with ${code} at ${signal}, and the server learns of it`, async () => {
    let wasCancelled = false;
    await using greeter = await serveGreeter({
      serve: REFLECTING,
      handlers: {
        async *sayHelloTimes(_, { signal }) {
          yield { message: "first" };
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
          wasCancelled = true;
        },
      },
    });
    await using cli = talk(greeter.port, "greeter.v1.Greeter/SayHelloTimes");
    await cli.printed('{"message":"first"}\n');
    cli.kill(signal);
    assertEquals(await cli.code, code, cli.stderr());
    assertEquals(cli.stderr(), "");
    await eventually("cancelled", () => wasCancelled);
  });
}

Deno.test("call does not read further than its replies are read, and ends when nobody reads them", async () => {
  let sent = 0;
  await using greeter = await serveGreeter({
    serve: REFLECTING,
    handlers: {
      async *sayHelloTimes() {
        for (; sent < 100_000; sent++) yield { message: "x".repeat(10_000) };
      },
    },
  });
  await using cli = talk(greeter.port, "greeter.v1.Greeter/SayHelloTimes");
  await eventually("a reply", () => cli.stdout().length > 0, 20_000);
  await cli.closeOutput();
  assertEquals(await cli.code, 1, cli.stderr());
  assertEquals(cli.stderr(), "");
  assertEquals(sent < 100_000, true);
});
