/** `buf curl`, which speaks all three protocols by connect-go. */

import { assert, assertEquals } from "@std/assert";
import { BUF_PROTOCOLS, runBufCurl } from "../support/buf_curl.ts";
import { GREETER_CALLS, readReplies, toJsonStream } from "../support/greeter_calls.ts";
import {
  type InteropServer,
  PORT_KINDS,
  startExampleServer,
  startTalkativeServer,
} from "../support/interop_servers.ts";

for (const kind of PORT_KINDS) {
  Deno.test(`buf curl over ${kind}`, async (t) => {
    await using server = await startExampleServer(kind);
    for (const [name, protocol] of Object.entries(BUF_PROTOCOLS)) {
      for (const { kind, method, requests, replies } of GREETER_CALLS) {
        await t.step(`calls ${kind}, by ${name}`, async () => {
          const args = ["--protocol", protocol, "--data", toJsonStream(requests)];
          const { success, output } = await bufCurl(server, args, method);
          assert(success, output);
          assertEquals(readReplies(output), replies);
        });
      }
    }
    await server.stop();
  });

  Deno.test(`buf curl over ${kind}, beyond a greeting`, async (t) => {
    await using server = await startTalkativeServer(kind);
    for (const [name, protocol] of Object.entries(BUF_PROTOCOLS)) {
      const sayHello = async (name: string, ...args: string[]) => {
        const data = ["--protocol", protocol, "--data", JSON.stringify({ name })];
        const { success, output } = await bufCurl(server, [...data, ...args], "SayHello");
        assert(!success, output);
        return JSON.parse(output);
      };
      await t.step(`shows an error with its details, by ${name}`, async () => {
        const { code, message, details } = await sayHello("fail");
        assertEquals({ code, message }, { code: "failed_precondition", message: "cannot greet" });
        assertEquals(details.length, 1);
        assertEquals(details[0].type, "greeter.v1.SayHelloResponse");
        assertEquals(atob(details[0].value), "\n\x08a detail");
      });
      await t.step(`has a call ended at its deadline, by ${name}`, async () => {
        const error = await sayHello(`wait ${name}`, "--timeout=1s");
        assertEquals(error.code, "deadline_exceeded");
        // The client tells of its deadline as well, and one of the two is sooner.
        const ended = `^wait ${name} ended: \\[(deadline_exceeded|canceled)\\]`;
        await server.printed(new RegExp(ended, "m"));
      });
    }
    await server.stop();
  });
}

function bufCurl(server: InteropServer, args: readonly string[], method: string) {
  return runBufCurl(server, ["--schema", "proto", ...args], `/greeter.v1.Greeter/${method}`);
}
