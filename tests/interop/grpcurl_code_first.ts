/** grpcurl and a service in code, which has no .proto file but what reflection tells. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { transcript } from "../support/command.ts";
import { toJsonStream } from "../support/greeter_calls.ts";
import { GRPCURL, grpcurl } from "../support/grpcurl.ts";
import { PORT_KINDS, startWideServer } from "../support/interop_servers.ts";
import { INVALID_CALL, readWideReplies, WIDE_CALLS } from "../support/wide_calls.ts";
import { WIDE_SERVICE } from "../support/wide_service.ts";

const INVALID_ARGUMENT = 3;

/** What messages and fields look like, in the words of the tool. */
const DESCRIPTIONS: readonly [symbol: string, description: string][] = [
  [WIDE_SERVICE, "rpc Count ( .wide.v1.CountRequest ) returns ( stream .wide.v1.CountResponse );"],
  ["wide.v1.Wide", "map<int32, .wide.v1.Tree> by_number = 9;"],
  ["wide.v1.Wide", "optional int32 times = 4;"],
  ["wide.v1.Wide", 'uint32 http_code2 = 29 [json_name = "HTTPCode2"];'],
  ["wide.v1.Wide.payment", "is a one-of:"],
  ["wide.v1.Scalars", "sfixed64 sfixed64 = 12;"],
  ["wide.v1.Color", "COLOR_DARK_RED = 2;"],
];

for (const kind of PORT_KINDS) {
  Deno.test({
    name: `grpcurl over ${kind}`,
    ignore: GRPCURL === undefined,
    async fn(t) {
      await using server = await startWideServer(kind);
      const print = async (args: readonly string[], ...command: string[]) => {
        const result = await grpcurl(server, args, ...command);
        assertEquals(result.code, 0, transcript(result));
        return result.stdout;
      };

      await t.step("lists a service in code by reflection", async () => {
        assertEquals((await print([], "list")).trim().split("\n"), [
          "grpc.health.v1.Health",
          "grpc.reflection.v1.ServerReflection",
          "grpc.reflection.v1alpha.ServerReflection",
          WIDE_SERVICE,
        ]);
      });
      await t.step("describes a service in code by reflection", async () => {
        for (const [symbol, description] of DESCRIPTIONS) {
          assertStringIncludes(await print([], "describe", symbol), description);
        }
      });
      for (const { kind, method, requests, replies } of WIDE_CALLS) {
        await t.step(`calls ${kind} in code by reflection`, async () => {
          const printed = await print(["-d", toJsonStream(requests)], `${WIDE_SERVICE}/${method}`);
          assertEquals(readWideReplies(printed), [...replies]);
        });
      }
      await t.step("shows what is invalid in a request, by -format-error", async () => {
        const { method, requests, violation } = INVALID_CALL;
        const args = ["-format-error", "-d", toJsonStream(requests)];
        const result = await grpcurl(server, args, `${WIDE_SERVICE}/${method}`);
        assertEquals(result.code, 64 + INVALID_ARGUMENT, transcript(result));
        assertEquals(JSON.parse(result.stderr), {
          code: INVALID_ARGUMENT,
          message: `invalid request: ${violation.field}: ${violation.description}`,
          details: [{
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            fieldViolations: [violation],
          }],
        });
      });
      await t.step("shows what is invalid in a request, by itself", async () => {
        const { method, requests } = INVALID_CALL;
        const args = ["-d", toJsonStream(requests)];
        const { stderr } = await grpcurl(server, args, `${WIDE_SERVICE}/${method}`);
        assertMatch(stderr, /Code: InvalidArgument\n/);
        assertMatch(stderr, /"field": "to",\n/);
        assertMatch(stderr, /"description": "Too big: /);
      });
      await server.stop();
    },
  });
}
