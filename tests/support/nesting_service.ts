/**
 * A service whose messages nest as deep as a client wants: a tree of our own, and `google.protobuf`'s
 * `Value`, which has a form of its own in JSON. Described here, for no user would want it.
 *
 * @module
 */

import { create, createFileRegistry, type DescMessage, type DescService } from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  file_google_protobuf_struct,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";

const registry = createFileRegistry(
  create(FileDescriptorProtoSchema, {
    name: "nesting.proto",
    package: "nesting.v1",
    syntax: "proto3",
    dependency: ["google/protobuf/struct.proto"],
    messageType: [{
      name: "Tree",
      field: [
        {
          name: "child",
          number: 1,
          type: Type.MESSAGE,
          typeName: ".nesting.v1.Tree",
          label: Label.OPTIONAL,
        },
        { name: "numbers", number: 2, type: Type.UINT32, label: Label.REPEATED },
      ],
    }],
    service: [{
      name: "Nesting",
      method: [
        { name: "Echo", inputType: ".nesting.v1.Tree", outputType: ".nesting.v1.Tree" },
        {
          name: "EchoValue",
          inputType: ".google.protobuf.Value",
          outputType: ".google.protobuf.Value",
        },
      ],
    }],
  }),
  (file) => file === "google/protobuf/struct.proto" ? file_google_protobuf_struct.proto : undefined,
);

/** The service: `Echo` of a tree, `EchoValue` of a `google.protobuf.Value`. */
export const Nesting: DescService = registry.getService("nesting.v1.Nesting")!;

/** The message that contains itself. */
export const TreeSchema: DescMessage = registry.getMessage("nesting.v1.Tree")!;
