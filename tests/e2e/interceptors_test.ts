import { assertEquals } from "@std/assert";
import { Code, ConnectError, createContextKey } from "@connectrpc/connect";
import type { Interceptor } from "../../mod.ts";
import { Health } from "../../gen/grpc/health/v1/health_pb.ts";
import {
  codeOf,
  connectGreeter,
  connectService,
  PROTOCOLS,
  requestsOf,
} from "../support/connect_node.ts";
import { serveGreeter } from "../support/greeter.ts";
import { requestHttp1 } from "../support/http1_client.ts";
import { connectHttp2 } from "../support/http2_client.ts";
import { createPemSet } from "../support/pem_files.ts";
import { never } from "../support/stalling.ts";

/** Notes when it is entered and left. */
function noting(name: string, notes: string[]): Interceptor {
  return (next) => async (request) => {
    notes.push(`${name} in ${request.method.name} ${request.stream ? "stream" : "unary"}`);
    const response = await next(request);
    notes.push(`${name} out`);
    return response;
  };
}

for (const protocol of PROTOCOLS) {
  Deno.test(`interceptors run in the order of use(), outermost first (${protocol})`, async (t) => {
    const notes: string[] = [];
    await using greeter = await serveGreeter({
      prepare: (app) => app.use(noting("first", notes)).use(noting("second", notes)),
    });
    using client = connectGreeter(greeter.baseUrl, { protocol });
    const calls: Record<string, () => Promise<unknown>> = {
      "SayHello unary": () => client.sayHello({}),
      "SayHelloTimes stream": () => Array.fromAsync(client.sayHelloTimes({ times: 2 })),
      "SayHelloToAll stream": () => client.sayHelloToAll(requestsOf("a")),
      "Chat stream": () => Array.fromAsync(client.chat(requestsOf("a", "b"))),
    };
    for (const [what, call] of Object.entries(calls)) {
      await t.step(what, async () => {
        notes.length = 0;
        await call();
        assertEquals(notes, [`first in ${what}`, `second in ${what}`, "second out", "first out"]);
      });
    }
  });

  Deno.test(`interceptors of app, service and method run in this order (${protocol})`, async () => {
    const notes: string[] = [];
    const service = { interceptors: [noting("service", notes), noting("service 2", notes)] };
    await using greeter = await serveGreeter({
      prepare: (app) => void app.use(noting("app", notes)),
      service: {
        ...service,
        methods: { sayHello: { interceptors: [noting("method", notes)] } },
      },
    });
    using client = connectGreeter(greeter.baseUrl, { protocol });
    await client.sayHello({});
    const entered = ["app", "service", "service 2", "method"];
    assertEquals(notes, [
      ...entered.map((name) => `${name} in SayHello unary`),
      ...entered.toReversed().map((name) => `${name} out`),
    ]);
    notes.length = 0;
    await Array.fromAsync(client.chat(requestsOf("a")));
    assertEquals(notes.slice(0, 4), [
      ...entered.slice(0, 3).map((name) => `${name} in Chat stream`),
      "service 2 out",
    ]);
  });

  Deno.test(`interceptor sees and changes the messages of streams (${protocol})`, async () => {
    const shout: Interceptor = (next) => async (request) => {
      const response = await next(request);
      if (!response.stream) return response;
      const { message } = response;
      return {
        ...response,
        message: (async function* () {
          for await (const each of message) {
            yield Object.assign(each, {
              message: (each as unknown as { message: string }).message.toUpperCase(),
            });
          }
        })(),
      };
    };
    await using greeter = await serveGreeter({ prepare: (app) => app.use(shout) });
    using client = connectGreeter(greeter.baseUrl, { protocol });
    const replies = await Array.fromAsync(client.chat(requestsOf("a", "b")));
    assertEquals(replies.map(({ message }) => message), ["HELLO A", "HELLO B"]);
  });

  Deno.test(`interceptor can end a call before its handler (${protocol})`, async () => {
    let called = 0;
    await using greeter = await serveGreeter({
      handlers: {
        sayHello: () => (called++, {}),
        async *sayHelloTimes() {
          yield { message: String(called++) };
        },
      },
      prepare: (app) =>
        app.use((next) => (request) => {
          const token = request.header.get("authorization");
          if (token === null) throw new ConnectError("who are you?", Code.Unauthenticated);
          if (token === "broken") throw new Error("secret");
          return next(request);
        }),
    });
    using client = connectGreeter(greeter.baseUrl, { protocol });
    const broken = { headers: { authorization: "broken" } };
    assertEquals(await codeOf(client.sayHello({})), "Unauthenticated: who are you?");
    assertEquals(
      await codeOf(Array.fromAsync(client.sayHelloTimes({}))),
      "Unauthenticated: who are you?",
    );
    assertEquals(await codeOf(client.sayHello({}, broken)), "Internal: internal error");
    assertEquals(called, 0);
    assertEquals(await codeOf(client.sayHello({}, { headers: { authorization: "me" } })), "OK");
    assertEquals(called, 1);
  });

  Deno.test(`interceptor sets headers and trailers, and values for the handler (${protocol})`, async () => {
    const user = createContextKey("nobody");
    await using greeter = await serveGreeter({
      handlers: { sayHello: (_, { values }) => ({ message: values.get(user) }) },
      prepare: (app) =>
        app.use((next) => async (request) => {
          request.contextValues.set(user, "somebody");
          const response = await next(request);
          response.header.set("x-header", "1");
          response.trailer.set("x-trailer", "2");
          return response;
        }),
    });
    using client = connectGreeter(greeter.baseUrl, { protocol });
    let header = new Headers();
    let trailer = new Headers();
    const { message } = await client.sayHello({}, {
      onHeader: (received) => header = received,
      onTrailer: (received) => trailer = received,
    });
    assertEquals(message, "somebody");
    assertEquals(header.get("x-header"), "1");
    assertEquals(trailer.get("x-trailer"), "2");
  });

  Deno.test(`interceptor that hangs is ended by the deadline (${protocol})`, async () => {
    await using greeter = await serveGreeter({
      app: { timeout: "50ms" },
      prepare: (app) => app.use(() => never),
    });
    using client = connectGreeter(greeter.baseUrl, { protocol });
    const late = "DeadlineExceeded: deadline exceeded after 50ms";
    assertEquals(await codeOf(client.sayHello({})), late);
    assertEquals(await codeOf(Array.fromAsync(client.chat(requestsOf("a")))), late);
  });
}

Deno.test("interceptors leave standalone services alone", async () => {
  const notes: string[] = [];
  await using greeter = await serveGreeter({
    serve: { healthCheck: true },
    prepare: (app) => app.use(noting("first", notes)),
  });
  using health = connectService(Health, greeter.baseUrl);
  await health.check({});
  assertEquals(notes, []);
});

/** Hosts that clients name, and those that interceptors see. */
const HOSTS: Readonly<Record<string, string>> = {
  "localhost": "localhost",
  "localhost:50051": "localhost:50051",
  "api.example.com:8443": "api.example.com:8443",
  "127.0.0.1:50051": "127.0.0.1:50051",
  "[::1]:50051": "[::1]:50051",
  "evil/greeter.v1.Greeter/Public?x=": "localhost",
  "evil?x=": "localhost",
  "evil#": "localhost",
  "evil\\x": "localhost",
  "user:password@evil": "localhost",
  "evil:99999": "localhost",
};

Deno.test("interceptor sees the URL that is called, whatever host the client names", async (t) => {
  await using pem = await createPemSet();
  const urls: string[] = [];
  const note: Interceptor = (next) => (request) => (urls.push(request.url), next(request));
  await using greeter = await serveGreeter({ serve: pem.tls, prepare: (app) => app.use(note) });
  const { certificate: ca } = pem.ca;
  using client = connectHttp2(greeter.baseUrl, { ca });
  const path = "/greeter.v1.Greeter/SayHello";
  const headers = { "content-type": "application/json" };
  for (const [host, seen] of Object.entries(HOSTS)) {
    await t.step(`HTTP/1.1: ${host}`, async () => {
      await requestHttp1(greeter.port, { ca, path, headers: { ...headers, host }, body: "{}" });
      assertEquals(urls.splice(0), [`https://${seen}${path}`]);
    });
    // HTTP/2 itself refuses the others.
    if (host !== seen) continue;
    await t.step(`HTTP/2: ${host}`, async () => {
      await client.request(path, { ...headers, ":authority": host }, "{}");
      assertEquals(urls.splice(0), [`https://${seen}${path}`]);
    });
  }
});
