import fc from "fast-check";
import { assertEquals } from "@std/assert";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { toProtoText } from "../../src/proto_text/proto_text.ts";
import { createBufModule } from "../support/buf_module.ts";
import { checkAsyncProperty } from "../support/properties.ts";
import { assertSameDescriptor } from "../support/same_descriptor.ts";
import { generationsOf, SERVICE_HISTORY } from "../support/service_history.ts";

Deno.test("services of random schemas have .proto files that buf compiles to what is served", async () => {
  // Many files share one run of buf.
  const histories = fc.array(SERVICE_HISTORY, { minLength: 10, maxLength: 30, size: "max" });
  await checkAsyncProperty(
    fc.asyncProperty(fc.noBias(histories), async (histories) => {
      // The last of each: it has been through a lock, and reserves what is gone.
      const files = histories.map((history, i) =>
        [...generationsOf(`h${i}.v1`, history)].at(-1)!.file
      );
      const written = files.map((file) => [file.proto.name, toProtoText(file)] as const);
      const greeter = [Greeter.file.proto.name, toProtoText(Greeter.file)] as const;
      await using module = await createBufModule(new Map([greeter, ...written]));
      assertEquals(await module.format(), "");
      const built = await module.build();
      for (const file of files) assertSameDescriptor(built.getFile(file.proto.name)!, file);
    }),
    5,
  );
});
