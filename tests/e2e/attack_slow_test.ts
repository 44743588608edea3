import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { fileURLToPath } from "node:url";
import { startVictim, type Victim } from "../support/attack.ts";
import { untilClosed } from "../support/attack_floods.ts";
import { clientHello, TLS_VERSIONS } from "../support/client_hello.ts";
import { envelope, sayHelloRequest } from "../support/envelopes.ts";
import { FrameClient } from "../support/frame_client.ts";
import {
  bytesOf,
  concat,
  data,
  frame,
  grpcFields,
  headers,
  PREFACE,
} from "../support/http2_frames.ts";
import { createPemSet } from "../support/pem_files.ts";

const HANDSHAKE_MS = 1500;
const LATEST_MS = 4 * HANDSHAKE_MS;
const EMPTY = new Uint8Array();
const serve = { handshakeTimeout: `${HANDSHAKE_MS}ms` };
const FIELDS = grpcFields("/greeter.v1.Greeter/SayHello");
const BODY = envelope(sayHelloRequest("slow"));
/** One DATA for each byte. */
const DRIPPING_BODY = Array.from(BODY, (byte) => data(1, Uint8Array.of(byte)));
const DEADLINE_EXCEEDED = 4;

/** What a client says before it falls silent, or says a byte at a time. */
const OPENINGS: Readonly<Record<string, Uint8Array>> = {
  "nothing": EMPTY,
  "half a preface": PREFACE.subarray(0, 12),
  "a preface without SETTINGS": PREFACE,
  "half of SETTINGS": concat(PREFACE, Uint8Array.of(0, 0, 0, 4)),
  "half a request of HTTP/1.1": bytesOf(
    "POST /greeter.v1.Greeter/SayHello HTTP/1.1\r\nHost: localho",
  ),
};

/** Each of them from so many clients, who fall silent after it, and from as many who drip it. */
const CLIENTS = 10;

Deno.test("handshakeTimeout ends connections whose clients do not begin with HTTP", async () => {
  await using victim = await startVictim({ serve });
  await assertAllClosed(victim, OPENINGS);
});

Deno.test("handshakeTimeout ends connections whose clients do not finish TLS", async () => {
  await using pem = await createPemSet();
  const { sslCertificateChain, sslPrivateKey } = pem;
  await using victim = await startVictim({
    serve: {
      ...serve,
      sslCertificateChain: fileURLToPath(sslCertificateChain),
      sslPrivateKey: fileURLToPath(sslPrivateKey),
    },
    ca: pem.ca.certificate,
  });
  const hello = clientHello(TLS_VERSIONS["TLS 1.2"]);
  await assertAllClosed(victim, {
    "nothing": EMPTY,
    "half a ClientHello": hello.subarray(0, 40),
    "a ClientHello": hello,
  });
});

Deno.test("maxConnectionIdle ends a connection whose client does not finish a header", async (test) => {
  await using victim = await startVictim({ serve: { maxConnectionIdle: "400ms" } });
  const header = headers(1, FIELDS);
  const endings: Record<string, (client: FrameClient) => Promise<void>> = {
    "and says no more": (client) => client.send(frame(1, 0, 1, Uint8Array.of(0x82))),
    "and says a byte at a time": (client) => drip(client, header.subarray(0, -1)),
  };
  for (const [name, begin] of Object.entries(endings)) {
    await test.step(name, async () => {
      const { result } = await victim.endure(`header: ${name}`, { mib: 128 }, async () => {
        await using client = await FrameClient.connect({ port: victim.port });
        await client.ping();
        const startedAt = performance.now();
        await Promise.all([begin(client), untilClosed(client)]);
        return performance.now() - startedAt;
      });
      assertLess(result, 5000);
    });
  }
});

Deno.test("a deadline ends a call whose message comes a byte at a time", async () => {
  await using victim = await startVictim();
  const { result } = await victim.endure(
    "a slow message with a deadline",
    { mib: 128 },
    async () => {
      await using client = await FrameClient.connect({ port: victim.port });
      client.send(headers(1, [...FIELDS, ["grpc-timeout", "300m"]]));
      for (const piece of DRIPPING_BODY.slice(0, -1)) {
        if (client.received(1).ended) break;
        client.send(piece);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return (await client.response(1)).grpcStatus;
    },
  );
  assertEquals(result, DEADLINE_EXCEEDED);
  await victim.untilCount("nothing is left", ({ calls, connections }) => calls + connections === 2);
});

Deno.test("calls whose messages never come take little, and go with their clients", async () => {
  await using victim = await startVictim();
  const { result } = await victim.endure("750 slow messages", { mib: 384 }, async () => {
    await using stack = new AsyncDisposableStack();
    for (let connection = 0; connection < 5; connection++) {
      const client = stack.use(await FrameClient.connect({ port: victim.port }));
      for (let index = 0; index < 150; index++) {
        const id = client.openStreamId();
        client.send(headers(id, FIELDS), data(id, BODY.subarray(0, 4)));
      }
    }
    await victim.untilCount("all calls wait", ({ calls }) => calls > 750);
    return (await victim.count()).calls;
  });
  assertGreater(result, 750);
  await victim.untilCount("nothing is left", ({ calls, connections }) => calls + connections === 2);
});

async function assertAllClosed(
  victim: Victim,
  openings: Readonly<Record<string, Uint8Array>>,
): Promise<void> {
  const { result } = await victim.endure("slow beginnings", { mib: 256 }, async () => {
    const ends = Object.entries(openings).flatMap(([name, opening]) =>
      Array.from({ length: CLIENTS }, async () => {
        const said = linger(victim, opening, EMPTY);
        const dripped = linger(victim, EMPTY, opening);
        return [name, await said, await dripped] as const;
      })
    );
    const wrong = (await Promise.all(ends)).filter(([, ...ms]) =>
      Math.min(...ms) < HANDSHAKE_MS / 2 || Math.max(...ms) > LATEST_MS - HANDSHAKE_MS
    );
    return { clients: 2 * ends.length, wrong };
  });
  assertEquals(result.wrong, []);
  await victim.untilCount("nothing is left", ({ connections }) => connections === 1);
}

/**
 * Connects, says something, and goes on a byte at a time.
 *
 * @returns How long it took to be closed, or as long as we wait at most.
 */
async function linger({ port }: Victim, first: Uint8Array, rest: Uint8Array): Promise<number> {
  const startedAt = performance.now();
  const socket = await Deno.connect({ hostname: "127.0.0.1", port });
  let isOpen = true;
  const close = () => {
    if (isOpen) socket.close();
    isOpen = false;
  };
  const timer = setTimeout(close, LATEST_MS);
  const talk = async () => {
    for (let at = 0; at < first.byteLength;) at += await socket.write(first.subarray(at));
    for (let at = 0; at < rest.byteLength && isOpen; at++) {
      await socket.write(rest.subarray(at, at + 1));
      await new Promise((resolve) => setTimeout(resolve, 1.2 * HANDSHAKE_MS / rest.byteLength));
    }
  };
  const talking = talk().catch(() => {});
  const chunk = new Uint8Array(4096);
  try {
    while (await socket.read(chunk) !== null);
  } catch {
    // Closed by a reset, or by us.
  }
  const ms = performance.now() - startedAt;
  clearTimeout(timer);
  close();
  await talking;
  return ms;
}

async function drip(client: FrameClient, bytes: Uint8Array): Promise<void> {
  let isOpen = true;
  client.closed.then(() => isOpen = false);
  for (let at = 0; at < bytes.byteLength && isOpen; at++) {
    await client.send(bytes.subarray(at, at + 1));
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
