import { assertLess, assertMatch } from "@std/assert";
import { serveGreeter } from "../support/greeter.ts";
import { createPemSet } from "../support/pem_files.ts";
import { Gate } from "../support/stalling.ts";
import { eventually } from "../support/waiting.ts";

const HEADER = "POST /greeter.v1.Greeter/SayHelloToAll HTTP/1.1\r\nHost: localhost\r\n" +
  "Content-Type: application/connect+json\r\nTransfer-Encoding: chunked\r\n\r\n";
const MESSAGE_BYTES = 65_536;
/** More than the buffers of a socket take. */
const MANY = 1000;
/** A client that got no byte rid of for so long is held up. */
const STALL_MS = 200;

for (const protocol of ["TLS", "TCP"] as const) {
  Deno.test(`HTTP/1.1 over ${protocol}: a request that the handler does not read is not taken in`, async () => {
    await using upload = await startUpload(protocol);
    assertLess(await upload.send(MANY), MANY / 2);
    upload.leave();
    upload.gate.open();
    assertMatch(await upload.ended, /^ConnectError: \[canceled\]/);
  });

  for (const count of [1, 20]) {
    Deno.test(`HTTP/1.1 over ${protocol}: a client is seen to leave that has sent ${count} messages, though the handler reads none`, async () => {
      await using upload = await startUpload(protocol);
      await upload.send(count);
      upload.leave();
      upload.gate.open();
      assertMatch(await upload.ended, /^ConnectError: \[canceled\]/);
      await eventually("no connection is left", () => upload.connectionCount() === 0);
    });
  }
}

/** A client stream whose handler reads the first message, and the others when it is let. */
interface Upload extends AsyncDisposable {
  /** Opened, lets the handler read on. */
  readonly gate: Gate;
  /** Why the call ended. */
  readonly ended: Promise<string>;
  readonly connectionCount: () => number;
  /** Sends messages, until the server takes no more. @returns How many it took. */
  send(count: number): Promise<number>;
  /** Ends the connection. */
  leave(): void;
}

async function startUpload(protocol: "TLS" | "TCP"): Promise<Upload> {
  const pem = await createPemSet();
  const gate = new Gate();
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  const greeter = await serveGreeter({
    ...(protocol === "TLS" && { serve: pem.tls }),
    handlers: {
      async sayHelloToAll(requests, { signal }) {
        signal.onabort = () => resolve(String(signal.reason));
        for await (const _ of requests) await gate.pass();
        return {};
      },
    },
  });
  const conn = await connect(protocol, greeter.port, pem.ca.certificate);
  await writeAll(conn, new TextEncoder().encode(HEADER));
  const chunk = chunkOf(MESSAGE_BYTES);
  return {
    gate,
    ended,
    connectionCount: () => greeter.server.connectionCount,
    async send(count) {
      let taken = 0;
      for (let isHeldUp = false; taken < count && !isHeldUp; taken++) {
        let timer: ReturnType<typeof setTimeout>;
        const late = new Promise<boolean>((resolve) => {
          timer = setTimeout(() => resolve(true), STALL_MS);
        });
        // One that is under way fails when the client leaves.
        const written = writeAll(conn, chunk).then(() => false, () => true);
        isHeldUp = await Promise.race([written, late]);
        clearTimeout(timer!);
      }
      return taken;
    },
    leave: () => conn.close(),
    async [Symbol.asyncDispose]() {
      await greeter[Symbol.asyncDispose]();
      await pem[Symbol.asyncDispose]();
    },
  };
}

async function connect(protocol: "TLS" | "TCP", port: number, ca: string): Promise<Deno.Conn> {
  if (protocol === "TCP") return await Deno.connect({ hostname: "127.0.0.1", port });
  return await Deno.connectTls({
    ...{ hostname: "localhost", port },
    caCerts: [ca],
    alpnProtocols: ["http/1.1"],
  });
}

/** A message of JSON in an envelope, in a chunk. */
function chunkOf(length: number): Uint8Array {
  const json = JSON.stringify({ name: "a".repeat(length) });
  const head = new Uint8Array(5);
  new DataView(head.buffer).setUint32(1, json.length);
  const size = (head.length + json.length).toString(16);
  return new Uint8Array([
    ...new TextEncoder().encode(`${size}\r\n`),
    ...head,
    ...new TextEncoder().encode(`${json}\r\n`),
  ]);
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}
