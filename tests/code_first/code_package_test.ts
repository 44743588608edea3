import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { createServer } from "node:http2";
import { z, type ZodObject } from "zod";
import { ConfigError, FastGRPC, Service } from "../../mod.ts";
import { createClient } from "../../src/client.ts";
import { compilePackages } from "../../src/code_first/code_package.ts";
import { writeProto } from "../../src/proto.ts";
import { testClient } from "../../src/testing.ts";
import { captureLog } from "../support/captured_log.ts";
import { createProtoProject, type ProtoProject } from "../support/proto_project.ts";

const LOCAL = { hostname: "127.0.0.1", port: 0 };
const LOCK = "proto/demo/v1/demo.lock";
const NAME = z.object({ name: z.string() });

/** A service that says what it was asked, with its lock in a project. */
function echo(project: ProtoProject, schema: ZodObject, name = "demo.v1.Echo") {
  return new Service(name, { proto: `${project.path}/proto` })
    .unaryUnary("Say", { request: schema, response: schema }, (request) => request);
}

/** Writes the lock of a service as it is declared by now. */
const release = (service: Service) => writeProto(new FastGRPC().addService(service));

/** All ways in which a service is set up, each with what they begin with. */
const WAYS: Readonly<Record<string, (service: Service) => unknown>> = {
  "serve()": (service) => new FastGRPC().addService(service).serve(LOCAL),
  "run()": (service) => {
    const stop = new AbortController();
    const { signal } = stop;
    return new FastGRPC().addService(service).run({
      ...LOCAL,
      signal,
      onListen: () => stop.abort(),
    });
  },
  "addToServer()": (service) => new FastGRPC().addService(service).addToServer(createServer()),
  "testClient()": (service) => testClient(new FastGRPC().addService(service), service),
  "createClient()": (service) => createClient(service, "http://127.0.0.1:9"),
};

interface Refusal {
  /** Released before. */
  readonly released?: ZodObject;
  /** What becomes of the lock's text then. */
  readonly edit?: (text: string) => string;
  readonly schema: ZodObject;
  readonly messages: (lock: string) => readonly string[];
}

const REFUSALS: Readonly<Record<string, Refusal>> = {
  "a lock that is missing": {
    schema: NAME,
    messages: (lock) => [
      `Cannot use package "demo.v1" without its lock "${lock}": write it by \`deno task proto\``,
    ],
  },
  "a lock that knows nothing of a field": {
    released: NAME,
    schema: NAME.extend({ nick: z.string() }),
    messages: (lock) => [
      `Cannot use package "demo.v1" with a lock "${lock}" that is not up to date (added `,
      "demo.v1.SayRequest.nick = 2",
      "): run `deno task proto`",
    ],
  },
  "a lock that it breaks": {
    released: NAME,
    schema: z.object({ name: z.int32() }),
    messages: (lock) => [
      `Cannot use package "demo.v1" with schemas that break clients, by its lock "${lock}":\n`,
      "demo.v1.SayRequest.name was string, is int32\n  remedy: keep",
    ],
  },
  "a lock with a conflict": {
    released: NAME,
    edit: (text) => `<<<<<<< HEAD\n${text}=======\n${text}>>>>>>> other\n`,
    schema: NAME,
    messages: (lock) => [
      `Cannot read the lock "${lock}": line 1 has a conflict that is not resolved: take`,
    ],
  },
  "a lock that was cut off": {
    released: NAME,
    edit: (text) => text.slice(0, text.length / 2),
    schema: NAME,
    messages: (lock) => [`Cannot read the lock "${lock}": line `],
  },
};

for (const [what, { released, edit, schema, messages }] of Object.entries(REFUSALS)) {
  for (const [way, use] of Object.entries(WAYS)) {
    Deno.test(`${way} refuses ${what}, with the remedy`, async () => {
      await using project = await createProtoProject();
      if (released !== undefined) await release(echo(project, released));
      if (edit !== undefined) await project.write(LOCK, edit((await project.read(LOCK))!));
      // A port that was opened would keep the test from its end.
      const error = await assertRejects(async () => await use(echo(project, schema)), ConfigError);
      for (const text of messages(`${project.path}/${LOCK}`)) {
        assertStringIncludes(error.message, text);
      }
    });
  }
}

Deno.test("serve() takes a lock that has more than the app", async () => {
  await using project = await createProtoProject();
  const both = NAME.extend({ nick: z.string() });
  const app = new FastGRPC()
    .addService(echo(project, both, "demo.v1.Other"))
    .addService(new Service("demo.v1.Echo", { proto: `${project.path}/proto` }));
  await writeProto(app);
  const written = await project.files();
  await using _server = await new FastGRPC()
    .addService(new Service("demo.v1.Echo", { proto: `${project.path}/proto` })).serve(LOCAL);
  assertEquals(await project.files(), written);
});

Deno.test("serve() warns of a package without a lock, once", async () => {
  await using log = await captureLog();
  const app = new FastGRPC();
  for (const name of ["demo.v1.A", "demo.v1.B", "other.v1.C"]) app.addService(new Service(name));
  for (let time = 0; time < 2; time++) {
    await using _server = await app.serve(LOCAL);
  }
  const warnings = log.records.filter(({ level }) => level === "warning");
  assertEquals(warnings.map(({ properties }) => properties.name), ["demo.v1", "other.v1"]);
  assertStringIncludes(warnings[0]!.message.join(""), "see docs/lock.md");
});

Deno.test("serve() says nothing of a package with a lock", async () => {
  await using project = await createProtoProject();
  await using log = await captureLog();
  const service = echo(project, NAME);
  await release(service);
  {
    await using _server = await new FastGRPC().addService(service).serve(LOCAL);
  }
  assertEquals(log.records.filter(({ level }) => level === "warning"), []);
});

/** `name` is 1, `times` is 2, `color` is 3 and green is 2, all by the order of declaration. */
const FIRST = z.object({
  name: z.string(),
  times: z.int32(),
  color: z.enum(["red", "green"]).meta({ id: "Color" }),
});
/** The same, the other way round, and with more before each. */
const LAST = z.object({
  nick: z.string().optional(),
  color: z.enum(["blue", "green", "red"]).meta({ id: "Color" }),
  more: z.array(z.string()),
  times: z.int32(),
  name: z.string(),
});
const VALUE = { name: "you", times: 3, color: "green" } as const;
/** Each field by its tag, which is eight times its number and its type. */
const BYTES = {
  name: [0x0a, 3, ...new TextEncoder().encode("you")],
  times: [0x10, 3],
  color: [0x18, 2],
};

/** Calls by raw bytes, and gives those of the reply. */
async function sayBytes(service: Service, bytes: readonly number[]): Promise<number[]> {
  await using server = await new FastGRPC().addService(service).serve(LOCAL);
  const response = await fetch(`http://127.0.0.1:${server.addr.port}/demo.v1.Echo/Say`, {
    method: "POST",
    headers: { "content-type": "application/proto" },
    body: new Uint8Array(bytes),
  });
  const reply = [...await response.bytes()];
  assertEquals(response.status, 200, new TextDecoder().decode(new Uint8Array(reply)));
  return reply;
}

Deno.test("a service with a lock has its numbers on the wire, whatever the order in code", async () => {
  await using project = await createProtoProject();
  await release(echo(project, FIRST));
  const request = Object.values(BYTES).flat();
  assertEquals((await sayBytes(echo(project, FIRST), request)).sort(), request.toSorted());

  await release(echo(project, LAST));
  let seen: unknown;
  const service = new Service("demo.v1.Echo", { proto: `${project.path}/proto` }).unaryUnary(
    "Say",
    { request: LAST, response: LAST },
    (request) => {
      seen = request;
      return request;
    },
  );
  const reply = await sayBytes(service, request);
  assertEquals(seen, { ...VALUE, more: [] });
  // Fields go out in the order of the descriptor.
  const { color, times, name } = BYTES;
  assertEquals(reply.toSorted(), [...color, ...times, ...name].toSorted());
  assertEquals(reply.length, request.length);
});

Deno.test("clients and servers of different schemas understand each other by the lock", async () => {
  await using project = await createProtoProject();
  const before = echo(project, FIRST);
  const after = echo(project, LAST);
  await release(before);
  await release(after);
  for (const [served, called] of [[before, after], [after, before]] as const) {
    await using server = await new FastGRPC().addService(served).serve(LOCAL);
    await using client = createClient<Service>(called, `http://127.0.0.1:${server.addr.port}`);
    const { say } = client as unknown as { say: (request: unknown) => Promise<object> };
    const reply = await say({ ...VALUE, more: [] });
    assertEquals({ ...reply, more: [] }, { ...VALUE, more: [] });
  }
});

Deno.test("compilePackages() takes folders of one package that are the same in other words", async () => {
  await using project = await createProtoProject();
  const path = `${project.path}/proto`;
  const folders = [path, `${path}/`, new URL(`file://${path}`), new URL(`file://${path}/`)];
  const services = folders.map((proto, i) => new Service(`demo.v1.S${i}`, { proto }));
  const [compiled, ...others] = compilePackages(services, { validateReplies: true });
  assertEquals(others, []);
  assert(compiled!.isGuarded);
});

Deno.test("compilePackages() refuses different folders, and none beside one, in one package", () => {
  const a = new Service("demo.v1.A", { proto: "proto" });
  for (const b of [new Service("demo.v1.B", { proto: "other" }), new Service("demo.v1.B")]) {
    for (const services of [[a, b], [b, a]]) {
      assertThrows(
        () => compilePackages(services, { validateReplies: true }),
        TypeError,
        'of package "demo.v1" with different folders: give both the same "proto"',
      );
    }
  }
  const other = new Service("other.v1.B", { proto: "other" });
  assertEquals(compilePackages([a, other], { validateReplies: true }).length, 2);
});

for (const proto of ["", "https://localhost/proto", new URL("https://localhost/"), 1 as never]) {
  Deno.test(`new Service() refuses the folder "${proto}"`, () => {
    const message = `Cannot use "${proto}" as the folder "proto" of`;
    assertThrows(() => new Service("demo.v1.A", { proto }), TypeError, message);
  });
}
