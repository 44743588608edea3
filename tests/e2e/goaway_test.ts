import { fileURLToPath } from "node:url";
import { assertEquals } from "@std/assert";
import { createPemSet, readPemTexts } from "../support/certificates.ts";
import { assertStopsWell, startGreeter } from "../support/child_greeter.ts";
import { FrameClient } from "../support/frame_client.ts";
import { type GoawayLoad, runGoawayLoad } from "../support/goaway_load.ts";

// See src/transport/session_shield.ts. Without the shield the server dies within the first half
// second of either test.

Deno.test("app.run() survives clients that say GOAWAY under load, in plaintext", async () => {
  const load = { connections: 300, concurrency: 16, streams: 16, rounds: 2 };
  await using server = await startGreeter();
  assertEquals(await survivors({ port: server.port }, load), 300 * 16 * 2, server.output());
  await using last = await FrameClient.connect({ port: server.port });
  assertEquals((await last.sayHello()).grpcStatus, 0);
  await assertStopsWell(server);
});

Deno.test("app.run() survives clients that say GOAWAY under load, with TLS", async () => {
  const load = { connections: 120, concurrency: 8, streams: 16, rounds: 2 };
  await using pem = await createPemSet();
  const { caCertificate: ca } = await readPemTexts(pem);
  const run = {
    sslCertificateChain: fileURLToPath(pem.sslCertificateChain),
    sslPrivateKey: fileURLToPath(pem.sslPrivateKey),
  };
  await using server = await startGreeter({ run });
  assertEquals(await survivors({ port: server.port, ca }, load), 120 * 16 * 2, server.output());
  await using last = await FrameClient.connect({ port: server.port, ca });
  assertEquals((await last.sayHello()).grpcStatus, 0);
  await assertStopsWell(server);
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
