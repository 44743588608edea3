/**
 * A service that sends back what it gets, for tools that know its types by reflection alone: fields of
 * all kinds, a message that is open to extensions, and errors with details.
 *
 * @module
 */

import {
  create,
  createFileRegistry,
  type DescMessage,
  type DescService,
  type FileRegistry,
  type Message,
  setExtension,
  toBinary,
} from "@bufbuild/protobuf";
import {
  anyPack,
  AnySchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  file_google_protobuf_any,
  file_google_protobuf_timestamp,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { FastGRPC } from "../../mod.ts";

type Field = readonly [name: string, type: Type, typeName?: string, isRepeated?: boolean];

/** Numbers are given in order. */
function fields(...all: Field[]) {
  return all.map(([name, type, typeName, isRepeated], i) => ({
    name,
    type,
    number: i + 1,
    label: isRepeated ? Label.REPEATED : Label.OPTIONAL,
    ...typeName !== undefined && { typeName },
  }));
}

const ECHO_FILE = create(FileDescriptorProtoSchema, {
  name: "echo/v1/echo.proto",
  package: "echo.v1",
  syntax: "proto3",
  dependency: [
    "google/protobuf/any.proto",
    "google/protobuf/timestamp.proto",
    "echo/v1/open.proto",
  ],
  messageType: [{
    name: "Thing",
    field: fields(
      ["text", Type.STRING],
      ["big", Type.INT64],
      ["raw", Type.BYTES],
      ["children", Type.MESSAGE, ".echo.v1.Thing", true],
      ["by_name", Type.MESSAGE, ".echo.v1.Thing.ByNameEntry", true],
      ["any", Type.MESSAGE, ".google.protobuf.Any"],
      ["at", Type.MESSAGE, ".google.protobuf.Timestamp"],
      ["color", Type.ENUM, ".echo.v1.Color"],
      ["open", Type.MESSAGE, ".echo.v1.Open"],
    ),
    nestedType: [{
      name: "ByNameEntry",
      field: fields(["key", Type.STRING], ["value", Type.MESSAGE, ".echo.v1.Thing"]),
      options: { mapEntry: true },
    }],
  }],
  enumType: [{
    name: "Color",
    value: [{ name: "COLOR_UNSPECIFIED", number: 0 }, { name: "COLOR_RED", number: 1 }],
  }],
  service: [{
    name: "Echo",
    method: [
      { name: "Echo", inputType: ".echo.v1.Thing", outputType: ".echo.v1.Thing" },
      { name: "GetOpen", inputType: ".echo.v1.Thing", outputType: ".echo.v1.Thing" },
      { name: "Fail", inputType: ".echo.v1.Thing", outputType: ".echo.v1.Thing" },
    ],
  }],
});

const OPEN_FILE = create(FileDescriptorProtoSchema, {
  name: "echo/v1/open.proto",
  package: "echo.v1",
  syntax: "proto2",
  messageType: [{
    name: "Open",
    field: fields(["id", Type.INT32]),
    extensionRange: [{ start: 100, end: 200 }],
  }],
});

const EXTENSION_FILE = create(FileDescriptorProtoSchema, {
  name: "echo/v1/extension.proto",
  package: "echo.v1",
  syntax: "proto2",
  dependency: ["echo/v1/open.proto"],
  extension: [{
    name: "note",
    number: 100,
    type: Type.STRING,
    label: Label.OPTIONAL,
    extendee: ".echo.v1.Open",
  }],
});

/** What nothing imports: an Any may hold it. */
const EXTRA_FILE = create(FileDescriptorProtoSchema, {
  name: "echo/v1/extra.proto",
  package: "echo.v1",
  syntax: "proto3",
  messageType: [{ name: "Extra", field: fields(["size", Type.INT32]) }],
});

/** What the server does not know itself. */
const SECRET_FILE = create(FileDescriptorProtoSchema, {
  name: "secret/v1/secret.proto",
  package: "secret.v1",
  syntax: "proto3",
  messageType: [{ name: "Secret", field: fields(["word", Type.STRING]) }],
});

/** As much of google.rpc as is sent. */
const RPC_FILE = create(FileDescriptorProtoSchema, {
  name: "rpc.proto",
  package: "google.rpc",
  syntax: "proto3",
  messageType: [{
    name: "ErrorInfo",
    field: fields(["reason", Type.STRING], ["domain", Type.STRING]),
  }],
});

const registry: FileRegistry = createFileRegistry(
  create(FileDescriptorSetSchema, {
    file: [
      ...[file_google_protobuf_any.proto, file_google_protobuf_timestamp.proto, OPEN_FILE],
      ...[EXTENSION_FILE, EXTRA_FILE, SECRET_FILE, RPC_FILE, ECHO_FILE],
    ],
  }),
);
const Thing = registry.getMessage("echo.v1.Thing")!;
const Open = registry.getMessage("echo.v1.Open")!;
const Extra = registry.getMessage("echo.v1.Extra")!;
const ErrorInfo = registry.getMessage("google.rpc.ErrorInfo")!;
const Secret = registry.getMessage("secret.v1.Secret")!;
const note = registry.getExtension("echo.v1.note")!;
const Echo: DescService = registry.getService("echo.v1.Echo")!;

/** What `protoc` or buf would write of the service, as bytes. */
export const ECHO_SCHEMA: Uint8Array<ArrayBuffer> = new Uint8Array(toBinary(
  FileDescriptorSetSchema,
  create(FileDescriptorSetSchema, {
    // Not in the order in which they import each other.
    file: [
      ...[ECHO_FILE, EXTENSION_FILE, EXTRA_FILE, OPEN_FILE],
      ...[file_google_protobuf_any.proto, file_google_protobuf_timestamp.proto],
    ],
  }),
));

/** The app with the service. `Echo` also sends the metadata that it gets, and notes it. */
export function createEchoApp(seen: Headers[] = []): FastGRPC {
  const types = createFileRegistry(
    create(FileDescriptorSetSchema, { file: [OPEN_FILE, EXTENSION_FILE, EXTRA_FILE] }),
  );
  return new FastGRPC({ types }).addService(Echo, {
    echo(request: Message, { metadata }: { metadata: Headers }) {
      seen.push(metadata);
      return request;
    },
    // The text of the request names what the reply has within it.
    getOpen: ({ text }: { text: string }) => replyOf(text),
    fail({ text }: { text: string }) {
      throw new ConnectError(text, Code.FailedPrecondition, undefined, [
        { desc: ErrorInfo as never, value: { reason: "TOO_OLD", domain: "echo.test" } as never },
        { desc: Extra as never, value: { size: 3 } as never },
        { desc: Secret as never, value: { word: "abc" } as never },
      ]);
    },
  } as never);
}

function replyOf(what: string): Message {
  const open = create(Open, { id: 1 } as never);
  setExtension(open, note, "noted" as never);
  const packed = (desc: DescMessage, init: object) => anyPack(desc, create(desc, init as never));
  const any = {
    extra: packed(Extra, { size: 7 }),
    secret: packed(Secret, { word: "abc" }),
    nested: packed(AnySchema, packed(Extra, { size: 8 })),
    broken: create(AnySchema, {
      typeUrl: "type.googleapis.com/echo.v1.Extra",
      value: new Uint8Array([0xff]),
    }),
  }[what];
  return create(Thing, { ...what === "open" && { open }, ...any && { any } } as never);
}
