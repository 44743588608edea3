import { assertEquals } from "@std/assert";
import { create, createFileRegistry, createRegistry, type Registry } from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Type as Type,
  file_google_protobuf_any,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import { FastGRPC } from "../../mod.ts";
import { SayHelloRequestSchema } from "../../gen/greeter/v1/greeter_pb.ts";

const NOTE = { "@type": "type.googleapis.com/parcel.v1.Note", text: "fragile" };
const GREETING = { "@type": "type.googleapis.com/greeter.v1.SayHelloRequest", name: "Deno" };

/** A service that sends back the `Any` it gets, in a file that has the type `Note`, too. */
const Parcels = createFileRegistry(
  create(FileDescriptorProtoSchema, {
    name: "parcel.proto",
    package: "parcel.v1",
    syntax: "proto3",
    dependency: ["google/protobuf/any.proto"],
    messageType: [{
      name: "Note",
      field: [{ name: "text", number: 1, type: Type.STRING, jsonName: "text" }],
    }],
    service: [{
      name: "Parcels",
      method: [{
        name: "Echo",
        inputType: ".google.protobuf.Any",
        outputType: ".google.protobuf.Any",
      }],
    }],
  }),
  (file) => file === "google/protobuf/any.proto" ? file_google_protobuf_any.proto : undefined,
).getService("parcel.v1.Parcels")!;

async function echo(parcel: unknown, types?: Registry): Promise<[status: number, body: unknown]> {
  const app = new FastGRPC({ ...(types && { types }) });
  app.addService(Parcels, { echo: (request: unknown) => request } as never);
  await using server = await app.serve({ port: 0, hostname: "127.0.0.1" });
  const response = await fetch(`http://127.0.0.1:${server.addr.port}/parcel.v1.Parcels/Echo`, {
    method: "POST",
    headers: { "content-type": "application/json", "connection": "close" },
    body: JSON.stringify(parcel),
  });
  return [response.status, await response.json()];
}

Deno.test("an Any in JSON may hold what the service's file has", async () => {
  assertEquals(await echo(NOTE), [200, NOTE]);
});

Deno.test("an Any in JSON may hold what the app adds", async () => {
  assertEquals(await echo(GREETING, createRegistry(SayHelloRequestSchema)), [200, GREETING]);
});

Deno.test("an Any in JSON of an unknown type is INVALID_ARGUMENT", async () => {
  const [status, body] = await echo(GREETING);
  assertEquals([status, (body as { code: string }).code], [400, "invalid_argument"]);
});
