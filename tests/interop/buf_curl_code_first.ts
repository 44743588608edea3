/** `buf curl` and a service in code, which has no .proto file but what reflection tells. */

import { assert, assertEquals } from "@std/assert";
import { fromBinary } from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { BadRequestSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { BUF_PROTOCOLS, runBufCurl } from "../support/buf_curl.ts";
import { toJsonStream } from "../support/greeter_calls.ts";
import { PORT_KINDS, startWideServer } from "../support/interop_servers.ts";
import { INVALID_CALL, readWideReplies, WIDE_CALLS } from "../support/wide_calls.ts";
import { WIDE_SERVICE } from "../support/wide_service.ts";

for (const kind of PORT_KINDS) {
  Deno.test(`buf curl over ${kind}`, async (t) => {
    await using server = await startWideServer(kind);
    const print = async (args: readonly string[], path = "") => {
      const { success, output } = await runBufCurl(server, args, path);
      assert(success, output);
      return output;
    };
    await t.step("lists a service in code by reflection", async () => {
      const listed = await print(["--list-services"]);
      assert(listed.trim().split("\n").includes(WIDE_SERVICE), listed);
    });
    await t.step("lists methods in code by reflection", async () => {
      const listed = (await print(["--list-methods"])).split("\n");
      for (const { method } of WIDE_CALLS) {
        assert(listed.includes(`${WIDE_SERVICE}/${method}`), `${listed}`);
      }
    });
    for (const [name, protocol] of Object.entries(BUF_PROTOCOLS)) {
      const flags = ["--protocol", protocol, "--data"];
      for (const { kind, method, requests, replies } of WIDE_CALLS) {
        await t.step(`calls ${kind} in code by reflection, by ${name}`, async () => {
          const printed = await print(
            [...flags, toJsonStream(requests)],
            `/${WIDE_SERVICE}/${method}`,
          );
          assertEquals(readWideReplies(printed), [...replies]);
        });
      }
      await t.step(`shows what is invalid in a request, by ${name}`, async () => {
        const { method, requests, violation } = INVALID_CALL;
        const args = [...flags, toJsonStream(requests)];
        const { success, output } = await runBufCurl(server, args, `/${WIDE_SERVICE}/${method}`);
        assert(!success, output);
        const { code, details } = JSON.parse(output);
        assertEquals(code, "invalid_argument");
        assertEquals(details.map(({ type }: { type: string }) => type), ["google.rpc.BadRequest"]);
        const { fieldViolations } = fromBinary(BadRequestSchema, base64Decode(details[0].value));
        const [{ field, description, reason }] = fieldViolations as [typeof fieldViolations[0]];
        assertEquals({ field, description, reason }, { ...violation });
      });
    }
    await server.stop();
  });
}
