import { assert, assertEquals } from "@std/assert";
import { create, createFileRegistry, type DescFile } from "@bufbuild/protobuf";
import {
  file_google_protobuf_any,
  file_google_protobuf_timestamp,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { DescriptorIndex } from "../src/descriptor_index.ts";
import { captureLog } from "./support/captured_log.ts";
import { readFile } from "./support/library.ts";

/** What a file is made from: its messages, and the files that it imports. */
interface Source {
  readonly name: string;
  readonly messages?: readonly string[];
  readonly imports?: readonly string[];
}

/** Files that import each other, in the order in which they are given: imports first. */
function describe(...sources: Source[]): DescFile[] {
  const set = create(FileDescriptorSetSchema, {
    file: sources.map(({ name, messages = [], imports = [] }) => ({
      name,
      dependency: [...imports],
      package: "test",
      syntax: "proto3",
      messageType: messages.map((name) => ({ name })),
    })),
  });
  const registry = createFileRegistry(set);
  return sources.map(({ name }) => registry.getFile(name)!);
}

function names(files: readonly Uint8Array[]): string[] {
  return files.map((bytes) => readFile(bytes).name);
}

Deno.test("DescriptorIndex takes in what files import, and what those import", () => {
  const [, , top] = describe(
    { name: "bottom.proto", messages: ["Bottom"] },
    { name: "middle.proto", imports: ["bottom.proto"] },
    { name: "top.proto", imports: ["middle.proto"] },
  );
  const index = new DescriptorIndex([top!]);
  assertEquals(index.fileOfSymbol("test.Bottom")?.proto.name, "bottom.proto");
  assertEquals(index.file("middle.proto")?.proto.name, "middle.proto");
});

Deno.test("DescriptorIndex sends a file that is imported by several once", () => {
  const layers: Source[] = [{ name: "0a" }, { name: "0b" }];
  for (let layer = 1; layer < 40; layer++) {
    const imports = [`${layer - 1}a`, `${layer - 1}b`];
    layers.push({ name: `${layer}a`, imports }, { name: `${layer}b`, imports });
  }
  // There are 2 to the power of 39 ways to the bottom.
  const files = describe(...layers);
  const index = new DescriptorIndex(files);
  const sent = new Set<string>();
  const first = names(index.encodeWithImports(files.at(-1)!, sent));
  assertEquals(first.length, 79);
  assertEquals([first[0], new Set(first).size], ["39b", 79]);
  assertEquals(names(index.encodeWithImports(files.at(-2)!, sent)), ["39a"]);
  assertEquals(names(index.encodeWithImports(files.at(-2)!, sent)), ["39a"]);
});

Deno.test("DescriptorIndex encodes a file once", () => {
  const index = new DescriptorIndex([file_google_protobuf_any]);
  const encode = () => index.encodeWithImports(file_google_protobuf_any, new Set())[0];
  assert(encode() === encode());
});

Deno.test("DescriptorIndex warns of files with one name, and finds the first by it", async () => {
  await using log = await captureLog();
  const [one] = describe({ name: "same.proto", messages: ["One", "Both"] });
  const [other] = describe({ name: "same.proto", messages: ["Other", "Both"] });
  const [, importer] = describe(
    { name: "same.proto", messages: ["Other", "Both"] },
    { name: "importer.proto", imports: ["same.proto"] },
  );
  const index = new DescriptorIndex([one!, other!, importer!]);
  assert(index.file("same.proto") === one);
  assert(index.fileOfSymbol("test.Both") === one);
  assert(index.fileOfSymbol("test.Other") === other);
  const sent = index.encodeWithImports(importer!, new Set()).map(readFile);
  assertEquals(sent[1]!.messageType.map(({ name }) => name), ["One", "Both"]);
  assertEquals(
    log.records.map(({ level, message }) => [level, message.join("")]),
    Array(2).fill([
      "warning",
      "Reflection clients mix up two files that are both named same.proto",
    ]),
  );
});

Deno.test("DescriptorIndex does not mind files that come twice", async () => {
  await using log = await captureLog();
  const source = { name: "same.proto", messages: ["One"] };
  const [one, again] = [describe(source)[0]!, describe(source)[0]!];
  const ownTimestamp = createFileRegistry(
    create(FileDescriptorProtoSchema, {
      name: "google/protobuf/timestamp.proto",
      package: "google.protobuf",
      messageType: [{ name: "Timestamp" }],
    }),
    () => undefined,
  ).getFile("google/protobuf/timestamp.proto")!;
  new DescriptorIndex([one, again, file_google_protobuf_timestamp, ownTimestamp]);
  assertEquals(log.records, []);
});
