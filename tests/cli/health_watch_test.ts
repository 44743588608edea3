import { assert, assertEquals, assertMatch } from "@std/assert";
import { createCliFolder } from "../support/cli.ts";
import { transcript } from "../support/command.ts";
import { GREETER, serveHealth } from "../support/health_cases.ts";
import { healthPermissions } from "../support/health_probes.ts";
import type { Program } from "../support/program.ts";
import { serveWire } from "../support/wire_server.ts";

/** What was printed of statuses, each with its time. */
function statuses(program: Program): string[] {
  const lines = [...program.output().matchAll(/^(\S+) ([A-Z_]+)$/gm)];
  for (const [, time] of lines) assert(!Number.isNaN(Date.parse(time!)), time);
  return lines.map(([, , status]) => status!);
}

/** Resolves when the last status printed is this one, and there were so many. */
async function untilStatus(program: Program, count: number, status: string): Promise<void> {
  await program.printed(new RegExp(`(?:^\\S+ [A-Z_]+$[^]*){${count}}`, "m"));
  assertEquals(statuses(program).at(-1), status, program.output());
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`health --watch prints each change with its time until ${signal}`, async () => {
    await using folder = await createCliFolder();
    await using server = await serveHealth();
    const args = ["health", "--watch", `localhost:${server.port}`, `--service=${GREETER}`];
    await using program = folder.start(args, { flags: healthPermissions(server.port) });
    await untilStatus(program, 1, "SERVING");
    server.set("NOT_SERVING");
    await untilStatus(program, 2, "NOT_SERVING");
    server.set("NOT_SERVING");
    server.set("SERVING");
    await untilStatus(program, 3, "SERVING");
    program.kill(signal);
    assertEquals((await program.status).code, 0, program.output());
    assertEquals(statuses(program), ["SERVING", "NOT_SERVING", "SERVING"]);
  });
}

Deno.test("health --watch goes on with a service that is unknown, for it may become known", async () => {
  await using folder = await createCliFolder();
  await using server = await serveHealth();
  const args = ["health", "--watch", `localhost:${server.port}`, "--service=no.Such"];
  await using program = folder.start(args, { flags: healthPermissions(server.port) });
  await untilStatus(program, 1, "SERVICE_UNKNOWN");
  program.kill("SIGTERM");
  assertEquals((await program.status).code, 0);
});

Deno.test("health --watch fails with 3 when the connection breaks, and says so", async () => {
  await using folder = await createCliFolder();
  await using server = await serveHealth();
  const args = ["health", "--watch", `localhost:${server.port}`];
  await using program = folder.start(args, { flags: healthPermissions(server.port) });
  await untilStatus(program, 1, "SERVING");
  await server.stop();
  assertEquals((await program.status).code, 3, program.output());
  assertMatch(program.output(), /^Cannot ask http:.*: UNAVAILABLE: /m);
});

Deno.test("health --watch --reconnect tells of a server that is gone, and of one that comes back", async () => {
  await using folder = await createCliFolder();
  await using server = await serveHealth();
  const { port } = server;
  const args = ["health", "--watch", "--reconnect", "--connect-timeout=200ms", `localhost:${port}`];
  await using program = folder.start(args, { flags: healthPermissions(port) });
  await untilStatus(program, 1, "SERVING");
  await server.stop();
  // A server that stops says so, if there is time.
  await program.printed(/UNREACHABLE/);
  await program.printed(/^Cannot connect to http:/m);
  await using again = await serveHealth({ port });
  assertEquals(again.port, port);
  await program.printed(/UNREACHABLE$[^]* SERVING$/m);
  program.kill("SIGTERM");
  assertEquals((await program.status).code, 0, program.output());
  const seen = statuses(program).filter((status) => status !== "NOT_SERVING");
  assertEquals(seen, ["SERVING", "UNREACHABLE", "SERVING"]);
});

Deno.test("health --watch fails with 3 at a server that has no health, also with --reconnect", async () => {
  await using folder = await createCliFolder();
  await using server = await serveHealth({ healthCheck: false });
  const args = ["health", "--watch", "--reconnect", `localhost:${server.port}`];
  const result = await folder.run(args, { flags: healthPermissions(server.port) });
  assertEquals([result.code, result.stdout], [3, ""], transcript(result));
  assertMatch(result.stderr, /UNIMPLEMENTED/);
});

Deno.test("health --watch fails with 2 where nobody listens, and with 3 if no answer comes", async () => {
  await using folder = await createCliFolder();
  await using hanging = await serveWire(() => {});
  const port = Number(new URL(hanging.url).port);
  const late = await folder.run(["health", "--watch", "--timeout=300ms", `localhost:${port}`], {
    flags: healthPermissions(port),
  });
  assertEquals([late.code, late.stdout], [3, ""], transcript(late));
  assertMatch(late.stderr, /DEADLINE_EXCEEDED: no answer within 300ms\n$/);
  const server = await serveHealth();
  await server[Symbol.asyncDispose]();
  const gone = await folder.run(
    ["health", "--watch", "--connect-timeout=200ms", `localhost:${server.port}`],
    { flags: healthPermissions(server.port) },
  );
  assertEquals([gone.code, gone.stdout], [2, ""], transcript(gone));
});

Deno.test("health --watch prints each line at once, also into a pipe", async () => {
  await using folder = await createCliFolder();
  await using server = await serveHealth();
  const program = folder.start(["health", "--watch", `localhost:${server.port}`], {
    flags: healthPermissions(server.port),
  });
  await using _ = program;
  await program.printed(/ SERVING\n/);
  server.drain();
  await program.printed(/ NOT_SERVING\n/);
  await program.status;
});
