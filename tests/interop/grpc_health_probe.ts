/** grpc-health-probe, with which Kubernetes and others ask whether a server may have calls. */

import { assertEquals, assertMatch } from "@std/assert";
import { type CommandResult, runCommand, transcript } from "../support/command.ts";
import {
  type InteropServer,
  PORT_KINDS,
  startExampleServer,
  startTalkativeServer,
  tlsArguments,
} from "../support/interop_servers.ts";
import { goTool } from "../support/tools.ts";

const PROBE = await goTool("grpc-health-probe");
const GREETER = "-service=greeter.v1.Greeter";

const PATIENCE = ["-connect-timeout=10s", "-rpc-timeout=10s"];
/** For what never connects: the tool tries until its time is up. */
const IMPATIENCE = "-connect-timeout=500ms";

/** Exit codes of the tool. */
const HEALTHY = 0;
const NO_CONNECTION = 2;
const CALL_FAILED = 3;
const UNHEALTHY = 4;

interface Question {
  readonly title: string;
  readonly args: readonly string[];
  readonly code: number;
  readonly output: RegExp;
}

const QUESTIONS: readonly Question[] = [
  { title: "sees the server SERVING", args: [], code: HEALTHY, output: /status: SERVING/ },
  { title: "sees a service SERVING", args: [GREETER], code: HEALTHY, output: /status: SERVING/ },
  {
    title: "asks with gzip",
    args: ["-gzip", GREETER],
    code: HEALTHY,
    output: /status: SERVING/,
  },
  {
    title: "is told of a service that is unknown",
    args: ["-service=no.such.Service"],
    code: CALL_FAILED,
    output: /NotFound.*unknown service "no\.such\.Service"/,
  },
];

for (const kind of PORT_KINDS) {
  Deno.test({
    name: `grpc-health-probe over ${kind}`,
    ignore: PROBE === undefined,
    async fn(t) {
      await using server = await startExampleServer(kind);
      for (const { title, args, code, output } of QUESTIONS) {
        await t.step(title, async () => {
          const result = await probe(server, args);
          assertEquals(result.code, code, transcript(result));
          assertMatch(transcript(result), output);
        });
      }
      if (kind !== "plaintext") {
        await t.step("does not trust a server of another CA", async () => {
          const result = await runProbe(
            server,
            [IMPATIENCE, ...tls({ kind, files: { ...server.files, ca: server.files.strangerCa } })],
          );
          assertEquals(result.code, NO_CONNECTION, transcript(result));
        });
        await t.step("does not connect without TLS", async () => {
          assertEquals((await runProbe(server, [IMPATIENCE])).code, NO_CONNECTION);
        });
      }
      if (kind === "mTLS") {
        await t.step("is refused without a certificate", async () => {
          const result = await runProbe(server, [
            IMPATIENCE,
            ...tls({ kind: "TLS", files: server.files }),
          ]);
          assertEquals(result.code, NO_CONNECTION, transcript(result));
        });
      }
      await server.stop();
      await t.step("finds no server after it stopped", async () => {
        assertEquals((await probe(server, [IMPATIENCE])).code, NO_CONNECTION);
      });
    },
  });

  Deno.test({
    name: `grpc-health-probe over ${kind}, of a server that drains`,
    ignore: PROBE === undefined,
    async fn(t) {
      await using server = await startTalkativeServer(kind);
      assertEquals((await probe(server, [GREETER])).code, HEALTHY);
      await server.drain();
      for (const args of [[], [GREETER]]) {
        await t.step(
          `sees ${args.length === 0 ? "a draining server" : "a service of it"} NOT_SERVING`,
          async () => {
            const result = await probe(server, args);
            assertEquals(result.code, UNHEALTHY, transcript(result));
            assertMatch(transcript(result), /NOT_SERVING/);
          },
        );
      }
      await server.stop();
    },
  });
}

function probe(server: InteropServer, args: readonly string[]): Promise<CommandResult> {
  return runProbe(server, [...tls(server), ...args]);
}

function runProbe({ address }: InteropServer, args: readonly string[]): Promise<CommandResult> {
  return runCommand(PROBE!, [`-addr=${address}`, ...PATIENCE, ...args]);
}

function tls(server: Parameters<typeof tlsArguments>[0]): string[] {
  return tlsArguments(server, {
    tls: ["-tls"],
    ca: "-tls-ca-cert",
    cert: "-tls-client-cert",
    key: "-tls-client-key",
  });
}
