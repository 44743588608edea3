/** @grpc/grpc-js in Node, and the client of health checks that comes with it, grpc-health-check. */

import { assertEquals } from "@std/assert";
import { findTrailerError } from "@connectrpc/connect/protocol-grpc";
import { SayHelloResponseSchema } from "../../gen/greeter/v1/greeter_pb.ts";
import { runCommand, transcript } from "../support/command.ts";
import { GREETER_CALLS } from "../support/greeter_calls.ts";
import {
  type InteropServer,
  PORT_KINDS,
  startExampleServer,
  startTalkativeServer,
} from "../support/interop_servers.ts";
import { prepareNodeScript } from "../support/node_packages.ts";
import { systemTool } from "../support/tools.ts";

const ignore = await systemTool("node") === undefined || await systemTool("npm") === undefined;
const CALL_SCRIPT = ignore ? "" : await prepareNodeScript("grpc_js.mjs");
const HEALTH_SCRIPT = ignore ? "" : await prepareNodeScript("health_check.mjs");
const PROTOS = new URL("../../proto", import.meta.url).pathname;

const OK = 0;
const CANCELLED = 1;
const DEADLINE_EXCEEDED = 4;
const FAILED_PRECONDITION = 9;
const UNAVAILABLE = 14;

for (const kind of PORT_KINDS) {
  Deno.test({ name: `grpc-js over ${kind}`, ignore }, async (t) => {
    await using server = await startExampleServer(kind);
    for (const gzip of [false, true]) {
      const results = await callAll(server, GREETER_CALLS, gzip);
      for (const [index, { kind, replies }] of GREETER_CALLS.entries()) {
        await t.step(`calls ${kind}${gzip ? ", with gzip" : ""}`, () => {
          const { status, messages } = results[index]!;
          assertEquals(status.code, OK, status.details);
          assertEquals(messages, replies);
        });
      }
    }
    await server.stop();
    await t.step("finds no server after it stopped", async () => {
      const { status } = await call(server, { method: "SayHello", requests: [{}] });
      assertEquals(status.code, UNAVAILABLE);
    });
  });

  Deno.test({ name: `grpc-js over ${kind}, beyond a greeting`, ignore }, async (t) => {
    await using server = await startTalkativeServer(kind);

    await t.step("is told the details of an error", async () => {
      const requests = [{ name: "fail" }];
      const { status, trailers } = await call(server, { method: "SayHello", requests });
      assertEquals(status, { code: FAILED_PRECONDITION, details: "cannot greet" });
      assertEquals(trailers["x-reason"], "asked to");
      const error = findTrailerError(new Headers({ ...trailers, "grpc-status": "9" }));
      const details = error!.findDetails(SayHelloResponseSchema);
      assertEquals(details.map(({ message }) => message), ["a detail"]);
    });

    await t.step("gets its metadata back in header and trailers", async () => {
      const { status, header, trailers } = await call(server, {
        method: "SayHello",
        requests: [{ name: "you" }],
        metadata: { "x-echo": "said, once", "x-echo-bin": "AAECA/8=" },
      });
      assertEquals(status.code, OK, status.details);
      assertEquals([header["x-echo"], header["x-echo-bin"]], ["said, once", "AAECA/8="]);
      assertEquals(
        [trailers["x-echo-trailer"], trailers["x-echo-trailer-bin"]],
        ["said, once", "AAECA/8="],
      );
    });

    for (const method of ["SayHello", "SayHelloTimes"]) {
      await t.step(`has a call of ${method} ended at its deadline`, async () => {
        const requests = [{ name: `wait for ${method}` }];
        const { status } = await call(server, { method, requests, timeoutMs: 1000 });
        assertEquals(status.code, DEADLINE_EXCEEDED, status.details);
        // The client tells of its deadline as well, and one of the two is sooner.
        const ended = `^wait for ${method} ended: \\[(deadline_exceeded|canceled)\\]`;
        await server.printed(new RegExp(ended, "m"));
      });
    }

    await t.step("cancels a call, and the handler is told", async () => {
      const requests = [{ name: "wait to be left" }];
      const { status, messages } = await call(server, {
        method: "SayHelloTimes",
        requests,
        cancelAfter: 1,
      });
      assertEquals(messages, ["first"]);
      assertEquals(status.code, CANCELLED);
      await server.printed(/^wait to be left ended: \[canceled\]/m);
    });
    await server.stop();
  });

  Deno.test({ name: `grpc-health-check over ${kind}`, ignore }, async (t) => {
    await using server = await startTalkativeServer(kind);
    const stages = [
      { after: "Watch: SERVING\n", go: () => server.drain() },
      { after: "List: NOT_SERVING\n", go: () => server.stop() },
    ];
    const result = await runCommand("node", [HEALTH_SCRIPT, targetOf(server)], {
      async onOutput(stdout) {
        if (stages[0] !== undefined && stdout.includes(stages[0].after)) await stages.shift()!.go();
      },
    });
    const [before, draining, after] = result.stdout.split(/^(?=Watch: NOT|Watch ended)/m);
    await t.step("sees SERVING by Check, List and Watch", () => {
      assertEquals(before, `${answers("SERVING")}Watch: SERVING\n`, transcript(result));
    });
    await t.step("sees NOT_SERVING by Watch, Check and List when the server drains", () => {
      assertEquals(draining, `Watch: NOT_SERVING\n${answers("NOT_SERVING")}`, transcript(result));
    });
    await t.step("has Watch ended when the server stops", () => {
      assertEquals(after, "Watch ended: UNAVAILABLE\n", transcript(result));
    });
  });
}

/** What the client of health checks prints for its questions. */
function answers(status: string): string {
  return [
    `Check "": ${status}`,
    `Check "greeter.v1.Greeter": ${status}`,
    'Check "none": NOT_FOUND',
    `List: ${status}`,
    "",
  ].join("\n");
}

interface NodeCall {
  readonly method: string;
  readonly requests: readonly unknown[];
  readonly metadata?: Record<string, string>;
  readonly timeoutMs?: number;
  /** Number of messages. */
  readonly cancelAfter?: number;
}

interface NodeResult {
  readonly messages: string[];
  readonly header: Record<string, string>;
  readonly status: { code: number; details: string };
  readonly trailers: Record<string, string>;
}

async function call(server: InteropServer, call: NodeCall): Promise<NodeResult> {
  const [result] = await callAll(server, [call]);
  return result!;
}

/** Makes calls one after the other, on one channel. */
async function callAll(
  server: InteropServer,
  calls: readonly NodeCall[],
  gzip = false,
): Promise<NodeResult[]> {
  const args = [CALL_SCRIPT, targetOf(server, gzip), JSON.stringify(calls)];
  const result = await runCommand("node", args);
  assertEquals(result.code, 0, transcript(result));
  return JSON.parse(result.stdout);
}

/** What the scripts are told of a server, as JSON. */
function targetOf({ kind, address, files }: InteropServer, gzip = false): string {
  return JSON.stringify({ kind, address, files, gzip, protos: PROTOS });
}
