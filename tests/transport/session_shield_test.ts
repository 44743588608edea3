import { assertEquals } from "@std/assert";
import { once } from "node:events";
import { type ClientHttp2Session, connect, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { shieldSession } from "../../src/transport/session_shield.ts";

// Not on the greeter: its clients come with a shield of their own for every session of the process.

for (const method of ["close", "destroy"] as const) {
  Deno.test(`shieldSession() lets ${method}() happen in the next turn of the event loop`, async () => {
    await withSession(async (session) => {
      const isOver = () => method === "close" ? session.closed : session.destroyed;
      const gone = once(session, "close");
      session[method]();
      const atOnce = isOver();
      await Promise.resolve();
      assertEquals([atOnce, isOver()], [false, false]);
      await gone;
      assertEquals(isOver(), true);
    });
  });
}

Deno.test("shieldSession() passes on what close() and destroy() are given", async () => {
  await withSession((session) => new Promise<void>((resolve) => session.close(resolve)));
  await withSession(async (session) => {
    const error = once(session, "error");
    session.destroy(new Error("over"));
    assertEquals((await error)[0].message, "over");
  });
});

Deno.test("shieldSession() lets close() be called again, and destroy() after it", async () => {
  await withSession(async (session) => {
    const gone = once(session, "close");
    session.close();
    session.close();
    session.destroy();
    session.destroy();
    await gone;
    assertEquals([session.closed, session.destroyed], [true, true]);
  });
});

async function withSession(run: (session: ClientHttp2Session) => Promise<void>): Promise<void> {
  const server = createServer().on("session", shieldSession);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await once(shieldSession(session), "connect");
  await run(session);
  await new Promise<void>((resolve) => void server.close(() => resolve()));
}
