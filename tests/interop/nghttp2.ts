/**
 * nghttp and h2load of nghttp2: what is on the wire of a gRPC call, and many calls at a time. h2load
 * has no client certificates, and looks at HTTP statuses alone, so nghttp sees to the trailers.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { type CommandResult, runCommand, transcript } from "../support/command.ts";
import { envelope, sayHelloRequest } from "../support/envelopes.ts";
import {
  type InteropServer,
  PORT_KINDS,
  startExampleServer,
  startTalkativeServer,
} from "../support/interop_servers.ts";
import { systemTool } from "../support/tools.ts";

const ignore = await systemTool("nghttp") === undefined ||
  await systemTool("h2load") === undefined;
const GRPC = ["-H", "content-type: application/grpc", "-H", "te: trailers"];
const PATH = "/greeter.v1.Greeter/SayHello";

for (const kind of PORT_KINDS) {
  Deno.test({ name: `nghttp over ${kind}`, ignore }, async (t) => {
    await using server = await startTalkativeServer(kind);
    await using file = await createBody("you");
    const result = await nghttp(server, [...GRPC, "--data", file.path]);
    const received = (type: string) => indexOf(result, new RegExp(`recv ${type} frame <`));

    await t.step("is sent SETTINGS, and confirmation of its own", () => {
      assert(received("SETTINGS") >= 0, transcript(result));
      assertMatch(result.stdout, /recv SETTINGS frame <length=0, flags=0x01, stream_id=0>/);
    });
    await t.step("is sent a header, a message, and trailers that end the stream", () => {
      const parts = [
        indexOf(result, /recv \(stream_id=\d+\) :status: 200$/m),
        indexOf(result, /recv \(stream_id=\d+\) content-type: application\/grpc(\+proto)?$/m),
        indexOf(result, /recv DATA frame <length=16, flags=0x00/),
        indexOf(result, /recv \(stream_id=\d+\) grpc-status: 0$/m),
        indexOf(result, /recv HEADERS frame <length=\d+, flags=0x05.*\n +; END_STREAM/),
      ];
      assert(parts.every((at) => at >= 0), transcript(result));
      assertEquals(parts, parts.toSorted((a, b) => a - b));
    });
    await t.step("is sent no reset and no error", () => {
      assertEquals([received("RST_STREAM"), received("GOAWAY")], [-1, -1], transcript(result));
      assertEquals(result.code, 0);
    });
    await t.step("is told of the deadline in grpc-timeout by the server itself", async () => {
      await using file = await createBody("wait");
      const args = [...GRPC, "-H", "grpc-timeout: 100m", "--data", file.path];
      assertMatch((await nghttp(server, args)).stdout, /recv \(stream_id=\d+\) grpc-status: 4$/m);
      await server.printed(/^wait ended: \[deadline_exceeded\] deadline exceeded after 100ms$/m);
    });
    await server.stop();
  });
}

for (const kind of ["plaintext", "TLS"] as const) {
  Deno.test({ name: `h2load over ${kind}`, ignore }, async (t) => {
    await using server = await startExampleServer(kind);
    await using file = await createBody("you");
    const load = (...args: string[]) =>
      runCommand("h2load", [...args, ...GRPC, "--data", file.path, server.url + PATH]);
    const LOADS = [
      { connections: 1, streams: 1, calls: 200 },
      { connections: 4, streams: 10, calls: 1000 },
      { connections: 20, streams: 5, calls: 1000 },
    ];
    for (const { connections, streams, calls } of LOADS) {
      const title = `${calls} calls succeed, ${streams} at a time on each of ${connections}`;
      await t.step(`${title} ${connections === 1 ? "connection" : "connections"}`, async () => {
        const result = await load(`-n${calls}`, `-c${connections}`, `-m${streams}`);
        const [requests, codes] = /^requests: .*\nstatus codes: .*$/m.exec(result.stdout)?.[0]
          .split("\n") ?? [];
        assertEquals(
          requests,
          `requests: ${calls} total, ${calls} started, ${calls} done, ${calls} succeeded, ` +
            "0 failed, 0 errored, 0 timeout",
          transcript(result),
        );
        assertEquals(codes, `status codes: ${calls} 2xx, 0 3xx, 0 4xx, 0 5xx`);
        // Each reply is 16 bytes: it is the greeting, and no error without one.
        assertMatch(result.stdout, new RegExp(`\\(${16 * calls}\\) data$`, "m"));
      });
    }
    await server.stop();
  });
}

function nghttp({ kind, url, files }: InteropServer, args: readonly string[]) {
  // It has no option for a CA: it warns, and goes on.
  const own = kind === "mTLS" ? [`--cert=${files.cert}`, `--key=${files.key}`] : [];
  return runCommand("nghttp", ["--verbose", "--null-out", ...own, ...args, url + PATH]);
}

function indexOf({ stdout }: CommandResult, pattern: RegExp): number {
  return stdout.search(pattern);
}

/** A file with the request of a unary call. */
async function createBody(name: string): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempFile();
  await Deno.writeFile(path, envelope(sayHelloRequest(name)));
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path) };
}
