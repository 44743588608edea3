/**
 * A browser calls the kit from a page of another origin: Debian's Chromium with connect-web, over
 * HTTP/2 and HTTP/1.1, trusting the kit's development CA.
 */

import { assert, assertEquals, assertGreater, assertLessOrEqual, assertMatch } from "@std/assert";
import { reportLeftOut, systemTool } from "../support/tools.ts";
import { eventually, untilRefused } from "../support/waiting.ts";
import { type BrowserSetting, openPages } from "./support/browser_pages.ts";
import type { PageProtocol } from "./support/page.ts";

const HAS_CHROMIUM = await systemTool("chromium") !== undefined;
// It knows no flag that prints its version.
const HAS_CERTUTIL = await systemTool("certutil", "--build-flags") !== undefined;
reportLeftOut();
const ignore = !HAS_CHROMIUM || !HAS_CERTUTIL;

const PROTOCOLS: readonly PageProtocol[] = ["grpc-web", "connect", "connect-json"];
const HTTP_VERSIONS = [
  { protocol: "h2", flags: [] },
  { protocol: "http/1.1", flags: ["--disable-http2"] },
];
const LARGE = "x".repeat(1024 * 1024);

/** What a page does, in each protocol and over each version of HTTP. */
type Scenario = (setting: BrowserSetting, protocol: PageProtocol) => Promise<void>;

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  async "makes a unary call"({ page }, protocol) {
    const { status, messages } = await page.call({ protocol, method: "sayHello", name: "Zoë" });
    assertEquals([status, messages], ["ok", ["Hello Zoë"]]);
  },

  async "is sent a stream"({ page }, protocol) {
    const call = { protocol, method: "sayHelloTimes", name: "Zoë", times: 100 } as const;
    const { status, messages } = await page.call(call);
    const expected = Array.from({ length: 100 }, (_, index) => `Hello Zoë ${index + 1}`);
    assertEquals([status, messages], ["ok", expected]);
  },

  async "is sent an error with details"({ page }, protocol) {
    const { status, details, messages } = await page.call({
      protocol,
      method: "sayHello",
      name: "error",
    });
    assertEquals(status, "NotFound: kein Name: ü");
    assertEquals(details, ["détail"]);
    assertEquals(messages, []);
  },

  async "is sent an error after messages of a stream"({ page }, protocol) {
    const call = { protocol, method: "sayHelloTimes", name: "error", times: 2 } as const;
    const { status, messages } = await page.call(call);
    assertEquals(status, "ResourceExhausted: no more greetings");
    assertEquals(messages, ["Hello error 1", "Hello error 2"]);
  },

  async "sends metadata, and sees the header and trailer that CORS exposes"({ page }, protocol) {
    for (const method of ["sayHello", "sayHelloTimes"] as const) {
      const headers = { "x-tenant": "acme" };
      const call = { protocol, method, name: "you", headers };
      const { status, header, trailer } = await page.call(call);
      assertEquals(status, "ok");
      assertEquals(header["x-request-id"], "id of acme");
      assertEquals(trailer["x-cost"], "42");
      assertEquals(header["x-secret"], undefined);
    }
  },

  async "sends and is sent a message of 1 MiB"({ page }, protocol) {
    page.takeRequests();
    const { status, messages } = await page.call({ protocol, method: "sayHello", name: LARGE });
    assertEquals(status, "ok");
    assert(messages[0] === `Hello ${LARGE}`);
    // A browser decompresses the body of a unary call by Connect; gRPC-Web has messages to compress.
    const [answer] = page.takeRequests().filter(({ type }) => type === "Fetch");
    const encoding = protocol === "grpc-web" ? undefined : "gzip";
    assertEquals(answer!.header["content-encoding"], encoding);
  },

  async "has a deadline that the handler sees"({ page, seen }, protocol) {
    const call = { protocol, method: "sayHello", name: "wait", timeoutMs: 300 } as const;
    const { status } = await page.call(call);
    assertMatch(status, /^DeadlineExceeded: /);
    const last = seen.at(-1)!;
    assertGreater(last.timeRemaining, 0);
    assertLessOrEqual(last.timeRemaining, 0.3);
    // Both clocks run out at the same time.
    await eventually("the handler ends", () => last.ended !== undefined);
    assertMatch(last.ended!, /^DeadlineExceeded: |^Canceled: /);
  },

  async "leaves in the midst of a stream, and the handler ends"({ page, greeter, seen }, protocol) {
    const { status, messages } = await page.call({
      protocol,
      method: "sayHelloTimes",
      name: "wait",
      times: 2,
      abortAfter: 2,
    });
    assertMatch(status, /^Canceled: /);
    assertEquals(messages, ["Hello wait 1", "Hello wait 2"]);
    await eventually("no call is in progress", () => greeter.server.callCount === 0);
    assertMatch(seen.at(-1)!.ended!, /^Canceled: /);
  },
};

for (const { protocol: httpVersion, flags } of HTTP_VERSIONS) {
  Deno.test({ name: `Chromium over ${httpVersion}`, ignore }, async (t) => {
    await using setting = await openPages({ flags });
    const { page, foreign, seen } = setting;

    await t.step("asks for leave, and remembers the answer", async () => {
      const call = { protocol: "grpc-web", method: "sayHello", name: "you" } as const;
      const shown: unknown[] = [];
      for (let made = 0; made < 2; made++) {
        assertEquals((await page.call(call)).status, "ok");
        for (const { type, method, protocol, status } of page.takeRequests()) {
          shown.push([type, method, protocol, status]);
        }
      }
      assertEquals(shown, [
        ["Preflight", "OPTIONS", httpVersion, 204],
        ["Fetch", "POST", httpVersion, 200],
        ["Fetch", "POST", httpVersion, 200],
      ]);
    });

    for (const protocol of PROTOCOLS) {
      for (const [title, scenario] of Object.entries(SCENARIOS)) {
        await t.step(`${title}, by ${protocol}`, () => scenario(setting, protocol));
      }
    }

    for (const protocol of ["connect", "connect-json"] as const) {
      await t.step(`makes a unary call with GET and no preflight, by ${protocol}`, async () => {
        page.takeRequests();
        const call = { protocol, method: "sayHello", name: "Zoë", useHttpGet: true } as const;
        const { status, messages } = await page.call(call);
        assertEquals([status, messages], ["ok", ["Hello Zoë"]]);
        const requests = page.takeRequests().map(({ type, method }) => [type, method]);
        assertEquals(requests, [["Fetch", "GET"]]);
      });
    }

    for (const protocol of PROTOCOLS) {
      await t.step(
        `fails from a foreign origin, and reaches no handler, by ${protocol}`,
        async () => {
          const before = seen.length;
          for (const method of ["sayHello", "sayHelloTimes"] as const) {
            const { status, messages, header } = await foreign.call({
              protocol,
              method,
              name: "you",
            });
            assertEquals([status, messages], ["Unknown: Failed to fetch", []]);
            assertEquals(header, {});
          }
          const requests = foreign.takeRequests().map(({ type, status }) => [type, status]);
          assertEquals(requests, [["Preflight", 403], ["Preflight", 403]]);
          assertEquals(seen.length, before);
        },
      );
    }

    await t.step("hides the answer to a GET from a foreign origin", async () => {
      const call = { protocol: "connect", method: "sayHello", name: "foreign" } as const;
      const { status, messages } = await foreign.call({ ...call, useHttpGet: true });
      assertEquals([status, messages], ["Unknown: Failed to fetch", []]);
      // A GET asks for no leave: only methods without side effects can be called so.
      assertEquals(seen.at(-1)!.name, "foreign");
    });

    await t.step("gets the rest of its streams when the server drains", async () => {
      const { greeter: { server, port }, gate } = setting;
      const calls = PROTOCOLS.map((protocol) =>
        page.call({ protocol, method: "sayHelloTimes", name: "gate", times: 2 })
      );
      await gate.reached(calls.length);
      const finished = server.shutdown();
      await untilRefused(port);
      gate.open();
      for (const { status, messages } of await Promise.all(calls)) {
        assertEquals([status, messages], ["ok", ["Hello gate 1", "Hello gate 2"]]);
      }
      await finished;
    });
  });
}

Deno.test({ name: "Chromium without the CA refuses the server", ignore }, async () => {
  await using setting = await openPages({ trusting: false });
  const call = { protocol: "connect", method: "sayHello", name: "you" } as const;
  const { status } = await setting.page.call(call);
  assertEquals(status, "Unknown: Failed to fetch");
  assertEquals(setting.seen.length, 0);
});
