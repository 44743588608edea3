import { assert, assertEquals, assertRejects } from "@std/assert";
import { clientHello, TLS_RECORD, TLS_VERSIONS } from "../support/client_hello.ts";
import { connectGreeter } from "../support/connect_node.ts";
import { serveGreeter } from "../support/greeter.ts";
import { PREFACE } from "../support/http2_frames.ts";
import { createPemSet } from "../support/pem_files.ts";
import { slowDown } from "../support/slow_wire.ts";
import { probeTls, toTlsOptions } from "../support/tls_clients.ts";

const HANDSHAKE_MS = 300;
const HELLO = clientHello(TLS_VERSIONS["TLS 1.2"]);

/** protocol_version (RFC 5246, section 7.2). */
const PROTOCOL_VERSION = 70;

for (const [name, version] of Object.entries(TLS_VERSIONS)) {
  const isTaken = version >= TLS_VERSIONS["TLS 1.2"];
  Deno.test(`listen() ${isTaken ? "takes" : "refuses"} a client of ${name}`, async () => {
    await using pem = await createPemSet();
    await using greeter = await serveGreeter({ serve: pem.tls });
    using socket = await Deno.connect({ hostname: "127.0.0.1", port: greeter.port });
    await socket.write(clientHello(version));
    const record = new Uint8Array(7);
    await socket.read(record);
    assertEquals(record[0], isTaken ? TLS_RECORD.handshake : TLS_RECORD.alert);
    assertEquals(isTaken || record[6] === PROTOCOL_VERSION, true, `alert ${record[6]}`);
  });
}

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  Deno.test(`listen() speaks ${version}`, async () => {
    await using pem = await createPemSet();
    await using greeter = await serveGreeter({ serve: pem.tls });
    const accepted = await probeTls(greeter.port, { ca: pem.ca.certificate }, {
      minVersion: version,
      maxVersion: version,
    });
    assertEquals(accepted.version, version);
  });
}

const PROTOCOLS: { offers: string[]; gets: string | false }[] = [
  { offers: ["h2"], gets: "h2" },
  { offers: ["h2", "http/1.1"], gets: "h2" },
  { offers: ["http/1.1", "h2"], gets: "h2" },
  { offers: ["spdy/1", "h2"], gets: "h2" },
  { offers: ["http/1.1"], gets: "http/1.1" },
  { offers: [], gets: false },
];

for (const { offers, gets } of PROTOCOLS) {
  Deno.test(`listen() picks ${gets || "no protocol"} of [${offers}]`, async () => {
    await using pem = await createPemSet();
    await using greeter = await serveGreeter({ serve: pem.tls });
    const trust = { ca: pem.ca.certificate };
    const { alpn } = await probeTls(greeter.port, trust, { ALPNProtocols: offers });
    assertEquals(alpn, gets);
  });
}

Deno.test("listen() refuses a client that speaks none of its protocols", async () => {
  await using pem = await createPemSet();
  await using greeter = await serveGreeter({ serve: pem.tls });
  const trust = { ca: pem.ca.certificate };
  await assertRejects(() => probeTls(greeter.port, trust, { ALPNProtocols: ["spdy/1"] }));
});

interface HalfOpen {
  title: string;
  isTls: boolean;
  connect(port: number, ca: string): Promise<Deno.Conn>;
}

/** A connection over which these bytes were sent, and nothing since. */
const sent = (bytes: Uint8Array) => async (port: number): Promise<Deno.Conn> => {
  const socket = await Deno.connect({ hostname: "127.0.0.1", port });
  if (bytes.length > 0) await socket.write(bytes);
  return socket;
};

/** The same inside TLS. */
const sentSecurely =
  (bytes: Uint8Array, alpnProtocols: string[]) => async (port: number, ca: string) => {
    const options = { hostname: "localhost", port, caCerts: [ca], alpnProtocols };
    const socket = await Deno.connectTls(options);
    await socket.handshake();
    if (bytes.length > 0) await socket.write(bytes);
    return socket;
  };

const NOTHING = new Uint8Array();
const HALF_PREFACE = PREFACE.subarray(0, 14);
const HALF_REQUEST = new TextEncoder().encode(
  "POST /greeter.v1.Greeter/SayHello HTTP/1.1\r\nHost:",
);

const HALF_OPEN: HalfOpen[] = [
  { title: "nothing, h2c", isTls: false, connect: sent(NOTHING) },
  { title: "half a preface, h2c", isTls: false, connect: sent(HALF_PREFACE) },
  { title: "nothing, TLS", isTls: true, connect: sent(NOTHING) },
  { title: "half a ClientHello", isTls: true, connect: sent(HELLO.slice(0, 40)) },
  { title: "a ClientHello alone", isTls: true, connect: sent(HELLO) },
  { title: "nothing after TLS, h2", isTls: true, connect: sentSecurely(NOTHING, ["h2"]) },
  { title: "half a preface, h2", isTls: true, connect: sentSecurely(HALF_PREFACE, ["h2"]) },
  {
    title: "half a request, HTTP/1.1",
    isTls: true,
    connect: sentSecurely(HALF_REQUEST, ["http/1.1"]),
  },
];

for (const { title, isTls, connect } of HALF_OPEN) {
  Deno.test(`handshakeTimeout closes a connection with ${title}`, async () => {
    await using pem = await createPemSet();
    const serve = { ...(isTls && pem.tls), handshakeTimeout: `${HANDSHAKE_MS}ms` };
    await using greeter = await serveGreeter({ serve });
    const startedAt = performance.now();

    using socket = await connect(greeter.port, pem.ca.certificate);
    const closed = waitForClose(socket);
    using good = connectGreeter(greeter.baseUrl, { tls: { ca: pem.ca.certificate } });
    assertEquals((await good.sayHello({ name: "good" })).message, "Hello good");
    await closed;

    const elapsed = performance.now() - startedAt;
    // The socket may have been open for a moment before this clock saw it.
    assert(elapsed > HANDSHAKE_MS - 50, `closed after ${elapsed} ms`);
    assertEquals((await good.sayHello({ name: "still" })).message, "Hello still");
    assertEquals(greeter.server.connectionCount, 1);
  });
}

for (const isTls of [false, true]) {
  const [name, scheme] = isTls ? ["TLS", "https"] : ["h2c", "http"];
  Deno.test(`handshakeTimeout leaves a slow but honest client alone, ${name}`, async () => {
    await using pem = await createPemSet();
    const serve = { ...(isTls && pem.tls), handshakeTimeout: "2s" };
    await using greeter = await serveGreeter({ serve });
    await using wire = slowDown(greeter.port, { pieces: 4, pauseMs: 30 });
    using client = connectGreeter(`${scheme}://localhost:${wire.port}`, {
      tls: toTlsOptions({ ca: pem.ca.certificate }),
    });
    assertEquals((await client.sayHello({ name: "slow" })).message, "Hello slow");
    assertEquals(wire.heldUp, 4);
  });

  Deno.test(`handshakeTimeout is over once HTTP is spoken, ${name}`, async () => {
    await using pem = await createPemSet();
    const serve = { ...(isTls && pem.tls), handshakeTimeout: `${HANDSHAKE_MS}ms` };
    await using greeter = await serveGreeter({ serve });
    using client = connectGreeter(greeter.baseUrl, { tls: { ca: pem.ca.certificate } });
    await client.sayHello({});
    // Another that is closed by its timeout, which began later.
    using idle = await Deno.connect({ hostname: "127.0.0.1", port: greeter.port });
    await waitForClose(idle);
    assertEquals(greeter.server.connectionCount, 1);
    assertEquals((await client.sayHello({ name: "again" })).message, "Hello again");
  });
}

/** Reads to the end, be it orderly or not, but not for ever. */
async function waitForClose(socket: Deno.Conn): Promise<void> {
  const bound = setTimeout(() => socket.close(), 20 * HANDSHAKE_MS);
  try {
    const buffer = new Uint8Array(1024);
    while (await socket.read(buffer) !== null);
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionReset) return;
    if (error instanceof Deno.errors.UnexpectedEof) return;
    throw error;
  } finally {
    clearTimeout(bound);
  }
}
