import { fileURLToPath } from "node:url";
import { assertEquals } from "@std/assert";
import { startGreeter } from "../support/child_greeter.ts";
import { FrameClient } from "../support/frame_client.ts";
import { type GoawayLoad, runGoawayLoad } from "../support/goaway_load.ts";
import { createPemSet } from "../support/pem_files.ts";
import { assertExitsWell } from "../support/program.ts";

// See src/transport/session_shield.ts. Without the shield the server dies within the first half
// second of either test.

const GRACEFUL = { gracefulTimeout: "5s" };

Deno.test("app.run() survives clients that say GOAWAY under load, in plaintext", async () => {
  const load = { connections: 300, concurrency: 16, streams: 16, rounds: 2 };
  await using server = startGreeter({ run: GRACEFUL });
  const port = await server.port();
  assertEquals(await survivors({ port }, load), 300 * 16 * 2, server.output());
  await using last = await FrameClient.connect({ port });
  assertEquals((await last.sayHello()).grpcStatus, 0);
  server.kill("SIGTERM");
  await assertExitsWell(server);
});

Deno.test("app.run() survives clients that say GOAWAY under load, with TLS", async () => {
  const load = { connections: 120, concurrency: 8, streams: 16, rounds: 2 };
  await using pem = await createPemSet();
  const { certificate: ca } = pem.ca;
  await using server = startGreeter({
    run: {
      ...GRACEFUL,
      sslCertificateChain: fileURLToPath(pem.sslCertificateChain),
      sslPrivateKey: fileURLToPath(pem.sslPrivateKey),
    },
    flags: ["--allow-net=127.0.0.1", "--allow-read"],
  });
  const port = await server.port();
  assertEquals(await survivors({ port, ca }, load), 120 * 16 * 2, server.output());
  await using last = await FrameClient.connect({ port, ca });
  assertEquals((await last.sayHello()).grpcStatus, 0);
  server.kill("SIGTERM");
  await assertExitsWell(server);
});

/** Number of calls answered; 0 if the server is gone. */
async function survivors(target: { port: number; ca?: string }, load: GoawayLoad): Promise<number> {
  try {
    return await runGoawayLoad(target, load);
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return 0;
    throw error;
  }
}
