// Nothing here may import shield_clients.ts: the shield under test is the client's own.
import { assert, assertEquals } from "@std/assert";
import http2, { constants } from "node:http2";
import { createClient } from "../../src/client.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { serveWire } from "../support/wire_server.ts";
import { eventually } from "../support/waiting.ts";

interface Closable {
  close(...args: unknown[]): void;
  destroy(...args: unknown[]): void;
}

const { prototype } = (http2 as unknown as { Http2Session: { prototype: Closable } }).Http2Session;

/** Notes from where sessions are closed, which is fatal from within the call that reads a GOAWAY. */
function watchCloses(): Disposable & { readonly stacks: string[] } {
  const stacks: string[] = [];
  const { close, destroy } = prototype;
  const note = (original: (...args: unknown[]) => void) =>
    function (this: unknown, ...args: unknown[]) {
      stacks.push(new Error().stack ?? "");
      return original.apply(this, args);
    };
  prototype.close = note(close);
  prototype.destroy = note(destroy);
  return { stacks, [Symbol.dispose]: () => void Object.assign(prototype, { close, destroy }) };
}

for (const when of ["at once", "amid a call"]) {
  for (const code of [constants.NGHTTP2_NO_ERROR, constants.NGHTTP2_ENHANCE_YOUR_CALM]) {
    Deno.test(`createClient() closes no session from within a GOAWAY of code ${code} that comes ${when}`, async () => {
      using closes = watchCloses();
      await using server = await serveWire((stream) => {
        if (when === "amid a call") stream.session!.goaway(code);
        stream.close(constants.NGHTTP2_CANCEL);
      }, (session) => when === "at once" && session.goaway(code));
      await using client = createClient(Greeter, server.url);
      await client.sayHello({}).catch(() => {});
      await client.sayHello({}).catch(() => {});
      await eventually("sessions are closed", () => closes.stacks.length >= 2);
      assertEquals(closes.stacks.filter((stack) => stack.includes("onGoawayData")), []);
      assert(server.sessionCount >= 2);
    });
  }
}
