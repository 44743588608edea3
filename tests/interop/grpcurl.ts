/** grpcurl, which speaks gRPC by grpc-go and knows the service from its .proto file. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { transcript } from "../support/command.ts";
import { GREETER_CALLS, readReplies, toJsonStream } from "../support/greeter_calls.ts";
import { GRPCURL, grpcurl } from "../support/grpcurl.ts";
import {
  PORT_KINDS,
  startExampleServer,
  startTalkativeServer,
} from "../support/interop_servers.ts";

const SERVICE = "greeter.v1.Greeter";
const PROTO = new URL("../../proto", import.meta.url).pathname;

/** How the tool is told what the service looks like. */
const SCHEMAS = {
  "by proto file": [
    `-import-path=${PROTO}`,
    "-proto=greeter/v1/greeter.proto",
    "-proto=grpc/health/v1/health.proto",
  ],
} as const;
const BY_FILE = SCHEMAS["by proto file"];

/** The tool's exit code for a status. */
const exitCode = (status: number) => 64 + status;
const DEADLINE_EXCEEDED = 4;
const NOT_FOUND = 5;
const FAILED_PRECONDITION = 9;

for (const kind of PORT_KINDS) {
  Deno.test({
    name: `grpcurl over ${kind}`,
    ignore: GRPCURL === undefined,
    async fn(t) {
      await using server = await startExampleServer(kind);
      for (const [how, schema] of Object.entries(SCHEMAS)) {
        for (const { kind, method, requests, replies } of GREETER_CALLS) {
          await t.step(`calls ${kind}, ${how}`, async () => {
            const args = [...schema, "-d", toJsonStream(requests)];
            const result = await grpcurl(server, args, `${SERVICE}/${method}`);
            assertEquals(result.code, 0, transcript(result));
            assertEquals(readReplies(result.stdout), replies);
          });
        }
      }
      await t.step("is told of a service that health does not know", async () => {
        const args = [...BY_FILE, "-format-error", "-d", '{"service":"none"}'];
        const result = await grpcurl(server, args, "grpc.health.v1.Health/Check");
        assertEquals(result.code, exitCode(NOT_FOUND), transcript(result));
        assertEquals(JSON.parse(result.stderr).message, 'unknown service "none"');
      });
      await server.stop();
    },
  });

  Deno.test({
    name: `grpcurl over ${kind}, beyond a greeting`,
    ignore: GRPCURL === undefined,
    async fn(t) {
      await using server = await startTalkativeServer(kind);
      const sayHello = (name: string, ...args: string[]) =>
        grpcurl(
          server,
          [...BY_FILE, "-d", JSON.stringify({ name }), ...args],
          `${SERVICE}/SayHello`,
        );

      await t.step("shows the details of an error", async () => {
        const result = await sayHello("fail", "-format-error");
        assertEquals(result.code, exitCode(FAILED_PRECONDITION), transcript(result));
        assertEquals(JSON.parse(result.stderr), {
          code: FAILED_PRECONDITION,
          message: "cannot greet",
          details: [{
            "@type": "type.googleapis.com/greeter.v1.SayHelloResponse",
            message: "a detail",
          }],
        });
      });

      await t.step("shows the metadata of an error", async () => {
        assertStringIncludes((await sayHello("fail", "-v")).stdout, "\nx-reason: asked to\n");
      });

      await t.step("gets its metadata back in header and trailers", async () => {
        const result = await sayHello(
          "you",
          ...["-v", "-H", "x-echo: said, once", "-H", "x-echo-bin: AAECA/8="],
        );
        const [, headers, trailers] =
          /headers received:\n([^]*)contents:[^]*trailers received:\n([^]*)/
            .exec(result.stdout) ?? [];
        assertMatch(headers!, /^x-echo: said, once$/m);
        assertMatch(headers!, /^x-echo-bin: AAECA\/8=$/m);
        assertMatch(trailers!, /^x-echo-trailer: said, once$/m);
        assertMatch(trailers!, /^x-echo-trailer-bin: AAECA\/8=$/m);
      });

      await t.step("has a call ended at its deadline", async () => {
        const result = await sayHello("wait", "-max-time=0.5");
        assertEquals(result.code, exitCode(DEADLINE_EXCEEDED), transcript(result));
        // The client tells of its deadline as well, and one of the two is sooner.
        await server.printed(/^wait ended: \[(deadline_exceeded|canceled)\]/m);
      });
      await server.stop();
    },
  });
}

Deno.test({
  name: "grpcurl over TLS, does not trust a server of another CA",
  ignore: GRPCURL === undefined,
  async fn() {
    await using server = await startExampleServer("TLS");
    const files = { ...server.files, ca: server.files.strangerCa };
    const result = await grpcurl({ ...server, files }, BY_FILE, `${SERVICE}/SayHello`);
    assertStringIncludes(result.stderr, "certificate signed by unknown authority");
    await server.stop();
  },
});

Deno.test({
  name: "grpcurl over mTLS, is refused without a certificate",
  ignore: GRPCURL === undefined,
  async fn() {
    await using server = await startExampleServer("mTLS");
    const result = await grpcurl({ ...server, kind: "TLS" }, BY_FILE, `${SERVICE}/SayHello`);
    assertStringIncludes(result.stderr, "Failed to dial");
    await server.printed(/TLS handshake failed: .*peer sent no certificates/);
    await server.stop();
  },
});
