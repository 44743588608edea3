import { assertEquals, assertThrows } from "@std/assert";
import {
  create,
  createFileRegistry,
  type DescFile,
  fromBinary,
  type MessageInitShape,
} from "@bufbuild/protobuf";
import {
  Edition,
  file_google_protobuf_descriptor,
  FileDescriptorProtoSchema,
  FileOptionsSchema,
  MessageOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { toProtoText } from "../../src/proto_text/proto_text.ts";

/** Field 50000, a varint, as it is encoded. */
const TAG_50000 = [0x80, 0xb5, 0x18];

/** A file, with `descriptor.proto` and others to import. */
function makeFile(
  init: MessageInitShape<typeof FileDescriptorProtoSchema>,
  imports: readonly DescFile[] = [],
): DescFile {
  const proto = create(FileDescriptorProtoSchema, {
    name: "test.proto",
    syntax: "proto3",
    dependency: imports.map(({ proto }) => proto.name),
    ...init,
  });
  const known = [...imports, file_google_protobuf_descriptor];
  return createFileRegistry(proto, (name) => known.find(({ proto }) => proto.name === name))
    .getFile(proto.name)!;
}

const REFUSALS: readonly {
  readonly title: string;
  readonly file: () => DescFile;
  readonly message: string;
}[] = [
  {
    title: "an edition it does not know",
    file: () => ({ ...makeFile({}), edition: Edition.EDITION_2024 }) as DescFile,
    message: `Cannot write "test.proto" as .proto text: its edition is EDITION_2024; ` +
      "use proto2, proto3 or edition 2023",
  },
  {
    title: "an option that no import declares",
    file: () =>
      makeFile({
        package: "demo",
        messageType: [{
          name: "Message",
          options: fromBinary(MessageOptionsSchema, new Uint8Array([...TAG_50000, 1])),
        }],
      }),
    message: `Cannot write the options of "demo.Message": field 50000 of ` +
      "google.protobuf.MessageOptions is unknown; import the file that declares it as an extension",
  },
  {
    title: "options that were not linked",
    file: () => makeFile({ options: { uninterpretedOption: [{ stringValue: new Uint8Array() }] } }),
    message: `Cannot write the options of "test.proto": they are not interpreted; ` +
      "link the descriptor first",
  },
  {
    title: "a value that an option's enum does not have",
    file: () => makeFile({ package: "demo", options: { optimizeFor: 77 as never } }),
    message:
      `Cannot write the options of "demo": google.protobuf.FileOptions.OptimizeMode has no ` +
      "value 77",
  },
];

for (const { title, file, message } of REFUSALS) {
  Deno.test(`toProtoText() refuses ${title}`, () => {
    assertThrows(() => toProtoText(file()), TypeError, message);
  });
}

Deno.test("toProtoText() finds options behind a public import, and not behind another", () => {
  const declaring = makeFile({
    name: "declaring.proto",
    syntax: "proto2",
    extension: [
      { name: "tag", number: 50_000, type: 13, label: 1, extendee: ".google.protobuf.FileOptions" },
    ],
  }, [file_google_protobuf_descriptor]);
  const using = (publicDependency: number[]) => {
    const between = makeFile({ name: "between.proto", publicDependency }, [declaring]);
    const options = fromBinary(FileOptionsSchema, new Uint8Array([...TAG_50000, 7]));
    return makeFile({ options }, [between]);
  };
  assertEquals(
    toProtoText(using([0])),
    `syntax = "proto3";\n\nimport "between.proto";\n\noption (tag) = 7;\n`,
  );
  assertThrows(() => toProtoText(using([])), TypeError, "field 50000");
});

Deno.test("toProtoText() keeps nested messages and those of maps in the order of their indexes", () => {
  const entry = (name: string) => ({
    name,
    options: { mapEntry: true },
    field: [{ name: "key", number: 1, type: 9, label: 1 }, {
      name: "value",
      number: 2,
      type: 9,
      label: 1,
    }],
  });
  const map = (name: string, number: number, type: string) => (
    { name, number, type: 11, label: 3, typeName: `.Outer.${type}` }
  );
  const file = makeFile({
    messageType: [{
      name: "Outer",
      field: [map("a", 1, "AEntry"), map("b", 2, "BEntry")],
      nestedType: [{ name: "First" }, entry("AEntry"), { name: "Second" }, entry("BEntry"), {
        name: "Third",
      }],
    }],
  });
  assertEquals(
    toProtoText(file),
    `syntax = "proto3";

message Outer {
  message First {}

  map<string, string> a = 1;

  message Second {}

  map<string, string> b = 2;

  message Third {}
}
`,
  );
});

Deno.test("toProtoText() leaves no comment that would end early, or run into code", () => {
  const comments = "*/ message Evil {}\r\nmessage Evil {}\rmessage Evil {}\u0000\f" +
    "\u0085message Evil {}\u2028message Evil {}\u2029message Evil {}";
  const file = makeFile({
    messageType: [{ name: "Message" }],
    sourceCodeInfo: {
      location: [{
        path: [4, 0],
        leadingComments: comments,
        trailingComments: comments,
        leadingDetachedComments: [comments],
      }],
    },
  });
  const code = toProtoText(file).split("\n").map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("//"));
  assertEquals(code, [`syntax = "proto3";`, "message Message {", "}"]);
});

Deno.test("toProtoText() leaves nothing in comments that is not seen, or turns what is", () => {
  const unseen = "a\u0007\u001b[31mb\u007f\u009bc\u202ed\u2066e\u2069\ud800f\tg é 🎉";
  const file = makeFile({
    sourceCodeInfo: { location: [{ path: [12], leadingComments: unseen }] },
  });
  const [comment] = toProtoText(file).split("\n");
  assertEquals(comment, "// a  [31mb  cde\ufffdf\tg é 🎉");
});

Deno.test("toProtoText() leaves the descriptor as it was", () => {
  const file = makeFile({ options: { javaPackage: "b", goPackage: "a" }, package: "demo" });
  const before = structuredClone(file.proto);
  assertEquals(toProtoText(file), toProtoText(file));
  assertEquals(structuredClone(file.proto), before);
});
