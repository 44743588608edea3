/**
 * Calls through nginx, which takes them over TLS or plaintext, and passes them on over TLS with a
 * client certificate of its own. It has the configuration of `deploy/nginx/`.
 */

import { assert, assertEquals, assertGreater, assertLessOrEqual, assertMatch } from "@std/assert";
import { Code } from "@connectrpc/connect";
import { runCommand, transcript } from "../support/command.ts";
import { GREETER_CALLS, readReplies, toJsonStream } from "../support/greeter_calls.ts";
import { goTool, reportLeftOut, systemTool } from "../support/tools.ts";
import { eventually } from "../support/waiting.ts";
import { type NodeClient, startNodeClient } from "./support/node_process.ts";
import { LARGE_DETAIL, type ProxiedGreeter, serveProxied } from "./support/proxied_greeter.ts";

const HAS_NGINX = await systemTool("nginx", "-v") !== undefined;
const HAS_NODE = await systemTool("node") !== undefined;
const GRPCURL = await goTool("grpcurl");
reportLeftOut();

const PROTO = new URL("../../proto", import.meta.url).pathname;
const MEBIBYTE = 1024 * 1024;

/** What a client in Node does, whichever way nginx takes its calls. */
type Scenario = (setting: ProxiedGreeter, client: NodeClient) => Promise<void>;

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  async "calls all four kinds of method"(_, client) {
    for (const { method, requests, replies } of GREETER_CALLS) {
      const call = { method: `${method[0]!.toLowerCase()}${method.slice(1)}`, requests };
      const { code, messages } = await client.call(call as Parameters<NodeClient["call"]>[0]);
      assertEquals([code, messages], [0, replies]);
    }
  },

  async "sends and is sent messages in turn"(_, client) {
    const requests = ["Ada", "Bob", "Cyd"].map((name) => ({ name }));
    const { code, messages } = await client.call({ method: "chat", requests, inTurn: true });
    assertEquals([code, messages], [0, ["Hello Ada", "Hello Bob", "Hello Cyd"]]);
  },

  async "sends metadata, and is sent it in header and trailers"(_, client) {
    const { code, header, trailer } = await client.call({
      method: "sayHello",
      requests: [{ name: "you" }],
      metadata: [
        ["x-echo", "said, once"],
        ["x-echo", "and again"],
        ["x-echo-bin", "AAEC/w=="],
        ["x_odd.name", "as gRPC allows it"],
      ],
    });
    assertEquals(code, 0);
    for (const [fields, suffix] of [[header, ""], [trailer, "-trailer"]] as const) {
      assertEquals(fields[`x-echo${suffix}`], ["said, once, and again"]);
      assertEquals(fields[`x-echo${suffix}-bin`], ["AAEC/w=="]);
      assertEquals(fields[`x_odd.name${suffix}`], ["as gRPC allows it"]);
    }
  },

  async "sends and is sent metadata of 6 KiB"(_, client) {
    const value = "v".repeat(6 * 1024);
    const metadata = [["x-echo", value]] as const;
    const call = { method: "sayHello", requests: [{ name: "you" }], metadata } as const;
    const { code, header, trailer } = await client.call(call);
    assertEquals([code, header["x-echo"], trailer["x-echo-trailer"]], [0, [value], [value]]);
  },

  async "is sent an error with its details and trailers"(_, client) {
    const call = { method: "sayHello", requests: [{ name: "error" }] } as const;
    const { code, details, trailer } = await client.call(call);
    assertEquals([code, details], [Code.NotFound, "kein Name: ü\n"]);
    assertEquals(trailer["x-reason"], ["asked to"]);
    const status = atob(trailer["grpc-status-details-bin"]![0]!);
    assert(status.includes(LARGE_DETAIL));
  },

  async "has a deadline that reaches the handler"({ greeter, lastCall }, client) {
    const call = { method: "sayHello", requests: [{ name: "wait" }], timeoutMs: 200 } as const;
    const { code } = await client.call(call);
    assertEquals(code, Code.DeadlineExceeded);
    assertGreater(lastCall().timeRemaining, 0);
    assertLessOrEqual(lastCall().timeRemaining, 0.2);
    await eventually("the handler ends", () => greeter.server.callCount === 0);
  },

  async "is told by the server that the deadline has passed"({ lastCall }, client) {
    // Without a clock of its own, so that no other answer can be sooner.
    const { code, details } = await client.call({
      method: "sayHello",
      requests: [{ name: "wait" }],
      metadata: [["grpc-timeout", "200m"]],
    });
    assertEquals([code, details], [Code.DeadlineExceeded, "deadline exceeded after 200ms"]);
    assertMatch(lastCall().ended!, /^DeadlineExceeded: /);
  },

  async "cancels, and the handler ends"({ greeter, lastCall }, client) {
    const call = { method: "sayHelloTimes", requests: [{ name: "wait" }], cancelAfter: 1 } as const;
    const { code, messages } = await client.call(call);
    assertEquals([code, messages], [Code.Canceled, ["first"]]);
    await eventually("the handler ends", () => greeter.server.callCount === 0);
    assertMatch(lastCall().ended!, /^Canceled: /);
  },

  async "sends and is sent large messages"(_, client) {
    for (const [method, count] of [["sayHello", 1], ["chat", 2]] as const) {
      const name = "x".repeat(3 * MEBIBYTE);
      const requests = Array(count).fill({ name });
      const { code, messages } = await client.call({ method, requests });
      assertEquals([code, messages.length], [0, count]);
      assert(messages.every((message) => message === `Hello ${name}`));
    }
  },

  async "is known to the handler by the certificate of nginx"({ lastCall }, client) {
    await client.call({ method: "sayHello", requests: [{ name: "you" }] });
    const { subject, spiffeId } = lastCall().certificate!;
    assertEquals(subject, "CN=fastgrpc-dev-client");
    assertEquals(spiffeId, "spiffe://localhost/dev-client");
  },
};

for (const front of ["TLS", "plaintext"] as const) {
  Deno.test({
    name: `grpc-js through nginx over ${front}`,
    ignore: !HAS_NGINX || !HAS_NODE,
    async fn(t) {
      await using setting = await serveProxied();
      const { nginx, ca } = setting;
      await using client = await startNodeClient(
        front === "TLS" ? { port: nginx.tlsPort, ca: ca.pathname } : { port: nginx.plaintextPort },
      );
      for (const [title, scenario] of Object.entries(SCENARIOS)) {
        await t.step(title, () => scenario(setting, client));
      }
      assertEquals(await nginx.errors(), []);
    },
  });

  Deno.test({
    name: `grpcurl through nginx over ${front}`,
    ignore: !HAS_NGINX || GRPCURL === undefined,
    async fn(t) {
      await using setting = await serveProxied();
      const { nginx: { tlsPort, plaintextPort }, ca } = setting;
      const target = front === "TLS"
        ? ["-cacert", ca.pathname, `localhost:${tlsPort}`]
        : ["-plaintext", `localhost:${plaintextPort}`];
      for (const { kind, method, requests, replies } of GREETER_CALLS) {
        await t.step(`calls ${kind}`, async () => {
          const schema = ["-import-path", PROTO, "-proto", "greeter/v1/greeter.proto"];
          const args = [...schema, "-d", toJsonStream(requests), ...target];
          const result = await runCommand(GRPCURL!, [...args, `greeter.v1.Greeter/${method}`]);
          assertEquals(result.code, 0, transcript(result));
          assertEquals(readReplies(result.stdout), replies);
        });
      }
    },
  });
}

Deno.test({
  name: "fetch through nginx calls by Connect, over HTTP/2 and HTTP/1.1",
  ignore: !HAS_NGINX,
  async fn() {
    await using setting = await serveProxied();
    const url = `https://localhost:${setting.nginx.tlsPort}/greeter.v1.Greeter/SayHello`;
    const caCerts = [await Deno.readTextFile(setting.ca)];
    for (const http2 of [true, false]) {
      using client = Deno.createHttpClient({ caCerts, http1: !http2, http2 });
      const headers = { "content-type": "application/json" };
      const post = await fetch(url, { method: "POST", headers, body: '{"name":"Ada"}', client });
      assertEquals(await post.json(), { message: "Hello Ada" });
      const message = encodeURIComponent('{"name":"Bob"}');
      const get = await fetch(`${url}?connect=v1&encoding=json&message=${message}`, { client });
      assertEquals(await get.json(), { message: "Hello Bob" });
    }
  },
});

Deno.test({
  name: "nginx without a server is UNAVAILABLE to gRPC, and 503 to others",
  ignore: !HAS_NGINX || !HAS_NODE,
  async fn() {
    await using setting = await serveProxied();
    const { greeter, nginx, ca } = setting;
    await greeter.server.stop();
    await using client = await startNodeClient({ port: nginx.tlsPort, ca: ca.pathname });
    const outcome = await client.call({ method: "sayHello", requests: [{ name: "you" }] });
    assertEquals([outcome.code, outcome.details], [Code.Unavailable, "no server can be reached"]);
    using http = Deno.createHttpClient({ caCerts: [await Deno.readTextFile(ca)] });
    for (const type of ["application/json", "application/grpc-web+proto"]) {
      const url = `https://localhost:${nginx.tlsPort}/greeter.v1.Greeter/SayHello`;
      const headers = { "content-type": type };
      const { status, body } = await fetch(url, { method: "POST", headers, client: http });
      await body!.cancel();
      assertEquals(status, 503);
    }
  },
});

const MISTAKES = [
  {
    title: "without its certificate is refused by the server",
    change: (config: string) => config.replaceAll(/grpc_ssl_certificate.*\n/g, ""),
    error: /while SSL handshaking to upstream/,
  },
  {
    title: "with another name for the server refuses it",
    change: (config: string) => config.replace("grpc_ssl_name localhost", "grpc_ssl_name other"),
    error: /certificate does not match "other"/,
  },
];
for (const { title, change, error } of MISTAKES) {
  Deno.test({
    name: `nginx ${title}`,
    ignore: !HAS_NGINX || !HAS_NODE,
    async fn() {
      await using setting = await serveProxied(change);
      await using client = await startNodeClient({ port: setting.nginx.plaintextPort });
      const { code } = await client.call({ method: "sayHello", requests: [{ name: "you" }] });
      assertEquals(code, Code.Unavailable);
      assertMatch((await setting.nginx.errors()).join("\n"), error);
    },
  });
}
