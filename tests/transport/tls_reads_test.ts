import { assertLess, assertMatch } from "@std/assert";
import { bounded } from "../support/bounded.ts";
import { envelope } from "../support/envelopes.ts";
import { serveGreeter } from "../support/greeter.ts";
import { concat } from "../support/http2_frames.ts";
import { createPemSet } from "../support/pem_files.ts";
import { Gate } from "../support/stalling.ts";
import { eventually } from "../support/waiting.ts";

const HEADER = "POST /greeter.v1.Greeter/SayHelloToAll HTTP/1.1\r\nHost: localhost\r\n" +
  "Content-Type: application/connect+json\r\nTransfer-Encoding: chunked\r\n\r\n";
/** Those in one chunk: one that fills the buffer of a stream, and many that do not. */
const CHUNKS: Readonly<Record<string, readonly number[]>> = {
  "64 KiB": [65_536],
  "1 KiB": Array(30).fill(1000),
};
/** More than the buffers of a socket take. */
const MANY = 1000;
/** Nothing tells a client that its end has arrived; if it has not, less is tested. */
const ARRIVAL_MS = 50;
/** A client that got no byte rid of for so long is held up. */
const STALL_MS = 200;

for (const protocol of ["TLS", "TCP"] as const) {
  Deno.test(`HTTP/1.1 over ${protocol}: a request that the handler does not read is not taken in`, async () => {
    await using upload = await startUpload(protocol);
    assertLess(await upload.send(MANY), MANY / 2);
    await upload.leave();
    upload.gate.open();
    assertMatch(await bounded("the end", upload.ended), /^ConnectError: \[canceled\]/);
  });

  for (const count of [1, 8, 20, 60]) {
    for (const [size, lengths] of Object.entries(CHUNKS)) {
      Deno.test(`HTTP/1.1 over ${protocol}: a client is seen to leave that has sent ${count} chunks with messages of ${size} to a handler that was busy`, async () => {
        await using upload = await startUpload(protocol, lengths);
        await upload.send(count);
        await upload.leave();
        upload.gate.open();
        assertMatch(await bounded("the end", upload.ended), /^ConnectError: \[canceled\]/);
        await eventually("no connection is left", () => upload.connectionCount() === 0);
      });
    }
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
  /** Ends the connection, and gives the end the time to arrive. */
  leave(): Promise<void>;
}

async function startUpload(
  protocol: "TLS" | "TCP",
  lengths: readonly number[] = [65_536],
): Promise<Upload> {
  const pem = await createPemSet();
  const gate = new Gate();
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  const greeter = await serveGreeter({
    ...(protocol === "TLS" && { serve: pem.tls }),
    handlers: {
      async sayHelloToAll(requests, { signal }) {
        signal.onabort = () => resolve(String(signal.reason));
        let isFirst = true;
        for await (const _ of requests) {
          if (isFirst) await gate.pass();
          isFirst = false;
        }
        return {};
      },
    },
  });
  const conn = await connect(protocol, greeter.port, pem.ca.certificate);
  // One behind the other: what comes next finds the server about to stop reading.
  await writeAll(conn, new TextEncoder().encode(HEADER));
  await writeAll(conn, chunkOf([1]));
  const chunk = chunkOf(lengths);
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
    async leave() {
      conn.close();
      await new Promise((resolve) => setTimeout(resolve, ARRIVAL_MS));
    },
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

/** Messages of JSON, each in an envelope, in one chunk. */
function chunkOf(lengths: readonly number[]): Uint8Array {
  const encoder = new TextEncoder();
  const envelopes = lengths.map((length) =>
    envelope(encoder.encode(JSON.stringify({ name: "a".repeat(length) })))
  );
  const body = concat(...envelopes);
  return concat(
    encoder.encode(`${body.byteLength.toString(16)}\r\n`),
    body,
    encoder.encode("\r\n"),
  );
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}
