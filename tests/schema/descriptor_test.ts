import { assert, assertEquals } from "@std/assert";
import { create, fromBinary, toBinary, toJson } from "@bufbuild/protobuf";
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { z } from "zod";
import { compile, numberInOrder } from "../support/schemas.ts";
import { runBuf } from "../support/buf.ts";
import { createWorkFolder } from "../support/program.ts";

const Color = z.enum(["red", "darkBlue"]).meta({ id: "Color" });
const Item = z.object({ size: z.int32().optional(), color: Color }).meta({ id: "Item" });

const COMPILED = compile([{
  name: "demo.v1.ShopService",
  methods: [{
    name: "Order",
    kind: "server_streaming",
    request: z.object({
      userID: z.string(),
      items: z.array(Item),
      byName: z.record(z.string(), Item),
      payment: z.discriminatedUnion("kind", [
        z.object({ kind: z.literal("cash"), sum: z.float32() }),
        z.object({ kind: z.literal("card"), number: z.string() }),
      ]),
      note: z.string().optional(),
      at: z.date(),
      extra: z.json(),
    }),
    response: z.object({ done: z.boolean(), ids: z.array(z.uint64()) }),
  }],
}], {
  fileName: "demo/v1/demo.proto",
  number: (model) => {
    const numbers = numberInOrder(model);
    const reserved = new Map([
      ["demo.v1.Item", { numbers: [3, 4, 9], names: ["weight"] }],
      ["demo.v1.Color", { numbers: [5, 6, 8], names: ["COLOR_GREEN"] }],
    ]);
    return { ...numbers, reserved };
  },
});

/** The same by hand. */
const PROTO = `
syntax = "proto3";
package demo.v1;
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
message OrderRequest {
  string user_id = 1 [json_name = "userID"];
  repeated Item items = 2;
  map<string, Item> by_name = 3;
  oneof payment {
    OrderRequestPaymentCash cash = 4;
    OrderRequestPaymentCard card = 5;
  }
  optional string note = 6;
  google.protobuf.Timestamp at = 7;
  google.protobuf.Value extra = 8;
}
message Item {
  reserved 3 to 4, 9;
  reserved "weight";
  optional int32 size = 1;
  Color color = 2;
}
message OrderRequestPaymentCash {
  float sum = 1;
}
message OrderRequestPaymentCard {
  string number = 1;
}
message OrderResponse {
  bool done = 1;
  repeated uint64 ids = 2;
}
enum Color {
  COLOR_UNSPECIFIED = 0;
  COLOR_RED = 1;
  COLOR_DARK_BLUE = 2;
  reserved 5 to 6, 8;
  reserved "COLOR_GREEN";
}
service ShopService {
  rpc Order(OrderRequest) returns (stream OrderResponse);
}
`;

Deno.test("createDescriptor() makes what buf makes of the same in a .proto file", async () => {
  await using folder = await createWorkFolder();
  const path = `${folder.path}/schema/demo/v1`;
  await Deno.mkdir(path, { recursive: true });
  await Deno.writeTextFile(`${path}/demo.proto`, PROTO);
  const out = `${folder.path}/set.binpb`;
  const { success, output } = await runBuf(
    ...["build", `${folder.path}/schema`, "--as-file-descriptor-set", "--exclude-source-info"],
    ...["-o", out],
  );
  assert(success, output);
  const set = fromBinary(FileDescriptorSetSchema, await Deno.readFile(out));
  const wanted = set.file.find(({ name }) => name === "demo/v1/demo.proto")!;
  assertEquals(comparable(COMPILED.file.proto), comparable(wanted));
});

Deno.test("createDescriptor() makes what passes buf lint", async () => {
  await using folder = await createWorkFolder();
  const { file } = COMPILED;
  const set = create(FileDescriptorSetSchema, {
    file: [...file.dependencies.map(({ proto }) => proto), file.proto],
  });
  const path = `${folder.path}/set.binpb`;
  await Deno.writeFile(path, toBinary(FileDescriptorSetSchema, set));
  const { success, output } = await runBuf(
    ...[
      "lint",
      path,
      "--config",
      '{"version":"v2","lint":{"use":["STANDARD"],"ignore":["google"]}}',
    ],
  );
  assert(success, output);
});

/** Without where it was written. */
function comparable(file: FileDescriptorProto): unknown {
  const { sourceCodeInfo: _, ...rest } = file;
  return toJson(FileDescriptorProtoSchema, rest as FileDescriptorProto);
}
