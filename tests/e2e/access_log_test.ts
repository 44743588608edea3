import { assert, assertEquals } from "@std/assert";
import { Code, ConnectError } from "@connectrpc/connect";
import { captureLog } from "../support/captured_log.ts";
import { sayHelloRequest } from "../support/envelopes.ts";
import { serveGreeter } from "../support/greeter.ts";
import { connectHttp2 } from "../support/http2_client.ts";
import { never } from "../support/stalling.ts";
import { eventually } from "../support/waiting.ts";
import { bodyOf, CONTENT_TYPES, FORMATS } from "../support/wire_formats.ts";

const PATH = "/greeter.v1.Greeter/";
const H2_CANCEL = 0x8;
const SECRET = "a-name-that-is-nobodys-business";
const NAMED = sayHelloRequest(SECRET);
/** Field 1 of 100 bytes, which are not there. */
const GARBAGE = new Uint8Array([0x0a, 100, 1, 2, 3]);

/** What ends a call before its handler, or in it, and the code in the log. */
const CALLS: readonly { what: string; fields?: Record<string, string>; code: string }[] = [
  { what: "ok", code: "ok" },
  { what: "garbage", code: "internal" },
  { what: "not found", code: "not_found" },
  { what: "throws", code: "internal" },
  { what: "not found, gzip", code: "not_found" },
  { what: "late", code: "deadline_exceeded" },
];

for (const format of FORMATS) {
  const protocol = format.split(" ")[0];
  const method = format === "connect stream" ? "SayHelloTimes" : "SayHello";

  Deno.test(`access log has one line for each call, with its code (${format})`, async (t) => {
    await using log = await captureLog();
    let act: () => Promise<void> | void = () => {};
    await using greeter = await serveGreeter({
      app: { timeout: "150ms" },
      handlers: {
        sayHello: async () => (await act(), {}),
        async *sayHelloTimes() {
          await act();
          yield {};
        },
      },
    });
    const acts: Record<string, () => Promise<void> | void> = {
      "not found": () => {
        throw new ConnectError("no such name", Code.NotFound);
      },
      "not found, gzip": () => {
        throw new ConnectError("x".repeat(5000), Code.NotFound);
      },
      "throws": () => {
        throw new Error("a cause");
      },
      "late": never,
    };
    for (const { what, code } of CALLS) {
      await t.step(what, async () => {
        act = acts[what] ?? (() => {});
        const before = log.access().length;
        using client = connectHttp2(greeter.baseUrl);
        const headers = {
          "content-type": CONTENT_TYPES[format],
          "accept-encoding": "gzip",
          "grpc-accept-encoding": "gzip",
          "connect-accept-encoding": "gzip",
          "authorization": SECRET,
        };
        const data = what === "garbage" ? GARBAGE : NAMED;
        await client.request(PATH + method, headers, bodyOf(format, data));
        await log.waitForAccess(before + 1);
        assertEquals(log.access().slice(before), [`${PATH}${method} ${code} ${protocol}`]);
      });
    }
    await t.step("cancelled", async () => {
      const before = log.access().length;
      let started = false;
      act = () => (started = true, never());
      using client = connectHttp2(greeter.baseUrl);
      const stream = client.open(PATH + method, { "content-type": CONTENT_TYPES[format] });
      stream.end(bodyOf(format, NAMED));
      await eventually("the handler runs", () => started);
      stream.close(H2_CANCEL);
      await log.waitForAccess(before + 1);
      assertEquals(log.access().slice(before), [`${PATH}${method} canceled ${protocol}`]);
    });
    await t.step("unknown method", async () => {
      const before = log.access().length;
      using client = connectHttp2(greeter.baseUrl);
      await client.request(`${PATH}Nope?x=1`, { "content-type": CONTENT_TYPES[format] });
      await log.waitForAccess(before + 1);
      assertEquals(log.access().slice(before), [`${PATH}Nope unimplemented ${protocol}`]);
    });
    await t.step("nothing of a payload or of metadata is in it", () => {
      for (const record of log.records) {
        const text = Deno.inspect(record, { depth: 10 });
        assert(!text.includes(SECRET), text);
      }
      const line = log.records.find(({ category }) => category[1] === "access")!;
      assertEquals(line.level, "info");
      assertEquals(line.properties["peer"], "127.0.0.1");
      assert(Number(line.properties["durationMs"]) >= 0);
    });
  });
}
