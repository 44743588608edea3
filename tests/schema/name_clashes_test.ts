import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { create, createFileRegistry, type DescFile } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { z } from "zod";
import { FastGRPC, Service } from "../../mod.ts";
import { message } from "../../src/generated_message.ts";

const LOCAL = { hostname: "127.0.0.1", port: 0 };

/** Generated files: one imports the other, and has a service. */
function generate(name: string): { base: DescFile; top: DescFile } {
  const base = create(FileDescriptorProtoSchema, {
    name,
    package: "demo.v1",
    syntax: "proto3",
    messageType: [{ name: "Item" }],
    enumType: [{ name: "Hue", value: [{ name: "COLOR_RED", number: 0 }] }],
    service: [{ name: "Till" }],
  });
  const top = create(FileDescriptorProtoSchema, {
    name: "top/v1/top.proto",
    package: "top.v1",
    syntax: "proto3",
    dependency: [name],
    messageType: [{ name: "Any" }],
    service: [{
      name: "Top",
      method: [{ name: "Say", inputType: ".top.v1.Any", outputType: ".demo.v1.Item" }],
    }],
  });
  const registry = createFileRegistry(
    create(FileDescriptorSetSchema, { file: [base, top] }),
  );
  return { base: registry.getFile(name)!, top: registry.getFile("top/v1/top.proto")! };
}

const { base, top } = generate("base.proto");
const nothing = { request: z.void(), response: z.void() };

/** A service with a generated message, and with a field of what a test declares. */
function using(file: DescFile, name: string, type: z.ZodType = z.string()) {
  const hidden = message(file.messages[0]!);
  return new Service(name).unaryUnary(
    "Say",
    { request: z.object({ hidden, type }), response: z.void() },
    () => {},
  );
}

const IMPORTED = ", whose messages they use; give them another package";
const OR_ID = ", or the schema another .meta({ id })";
const item = (id: string) => z.object({ name: z.string() }).meta({ id });

/** Each clash: what the service is, and what is said of it. */
const CLASHES: Readonly<Record<string, readonly [service: Service, wanted: string]>> = {
  "the name of its own file": [
    using(generate("demo/v1/demo.proto").base, "demo.v1.Echo"),
    `their file would be "demo/v1/demo.proto", and so is that of a generated one${IMPORTED}`,
  ],
  "the name of its own file behind another": [
    using(generate("demo/v1/demo.proto").top, "demo.v1.Echo"),
    `their file would be "demo/v1/demo.proto", and so is that of a generated one${IMPORTED}`,
  ],
  "a message's name": [
    using(base, "demo.v1.Echo", item("Item")),
    `"demo.v1.Item" is a message of theirs, and is in "base.proto" too${IMPORTED}${OR_ID}`,
  ],
  "a message's name behind another": [
    using(top, "demo.v1.Echo", item("Item")),
    `"demo.v1.Item" is a message of theirs, and is in "base.proto" too${IMPORTED}${OR_ID}`,
  ],
  "an enum's name": [
    using(base, "demo.v1.Echo", z.enum(["A"]).meta({ id: "Hue" })),
    `"demo.v1.Hue" is an enum of theirs, and is in "base.proto" too${IMPORTED}${OR_ID}`,
  ],
  "a value's name": [
    using(base, "demo.v1.Echo", z.enum(["red"]).meta({ id: "Color" })),
    `"demo.v1.COLOR_RED" is a value of theirs, and is in "base.proto" too${IMPORTED}${OR_ID}`,
  ],
  "a service's name": [
    using(base, "demo.v1.Till"),
    `"demo.v1.Till" is a service of theirs, and is in "base.proto" too${IMPORTED}`,
  ],
};

for (const [title, [service, wanted]] of Object.entries(CLASHES)) {
  Deno.test(`a service in code refuses to import ${title}`, async () => {
    const app = new FastGRPC().addService(service);
    const error = assertThrows(() => app.toProto(), TypeError);
    assertEquals(
      error.message,
      `Cannot use services of package "demo.v1" in code: ${wanted}`,
    );
    await assertRejects(() => app.serve(LOCAL), TypeError, error.message);
  });
}

Deno.test("a service in code takes generated messages of its package that have other names", () => {
  const app = new FastGRPC().addService(using(base, "demo.v1.Echo", item("Other")));
  assertStringIncludes(app.toProto()["demo/v1/demo.proto"]!, 'import "base.proto";');
});

/** Services in code that use nothing generated, but are served beside a generated one. */
const BESIDE: Readonly<Record<string, readonly [file: DescFile, wanted: string | undefined]>> = {
  "a file of the same name": [
    generate("demo/v1/demo.proto").top,
    'their file would be "demo/v1/demo.proto", and so is that of a generated one, which the app ' +
    "serves; give them another package",
  ],
  "a message of the same name": [
    top,
    '"demo.v1.Item" is a message of theirs, and is in "base.proto" too, which the app serves; give ' +
    `them another package${OR_ID}`,
  ],
};

for (const [title, [file, wanted]] of Object.entries(BESIDE)) {
  Deno.test(`serve() refuses a service in code beside a generated one with ${title}`, async () => {
    const service = new Service("demo.v1.Echo").unaryUnary(
      "Say",
      { request: item("Item"), response: z.void() },
      () => {},
    );
    const app = new FastGRPC().addService(service).addService(file.services[0]!, {
      say: (() => ({})) as never,
    });
    const error = await assertRejects(() => app.serve(LOCAL), TypeError);
    assertEquals(error.message, `Cannot use services of package "demo.v1" in code: ${wanted}`);
  });
}

Deno.test("serve() takes a service in code beside a generated one of the same package", async () => {
  const app = new FastGRPC().addService(
    new Service("demo.v1.Echo").unaryUnary("Say", nothing, () => {}),
  )
    .addService(top.services[0]!, { say: (() => ({})) as never });
  await using _server = await app.serve({ ...LOCAL, reflection: true });
});
