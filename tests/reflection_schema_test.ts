import { assertEquals } from "@std/assert";
import { createRegistry, toJson } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { FastGRPC } from "../mod.ts";
import { addLibrary, generateLibrary } from "./support/library.ts";
import {
  connectReflection,
  extension,
  fileName,
  filesOf,
  numbersOf,
  type Question,
  symbol,
  tell,
} from "./support/reflection_client.ts";

const BOOK = "library/v1/book.proto";
const LIBRARY = "library/v1/library.proto";
const ANNOTATIONS = "library/v1/annotations.proto";
const SHELF_MARK = "library/v1/shelf_mark.proto";
const ANY = "google/protobuf/any.proto";
const TIMESTAMP = "google/protobuf/timestamp.proto";
const DESCRIPTOR = "google/protobuf/descriptor.proto";

/** The file that comes first, or whatever else the answer is. */
const FINDINGS: readonly [Question, string | readonly unknown[]][] = [
  [symbol("library.v1.Library"), LIBRARY],
  [symbol(".library.v1.Library"), LIBRARY],
  [symbol("library.v1.Library.FindBooks"), LIBRARY],
  [symbol("library.v1.GetBookRequest"), LIBRARY],
  [symbol("library.v1.GetBookRequest.title"), LIBRARY],
  [symbol("library.v1.GetBookRequest.by"), LIBRARY],
  [symbol("library.v1.GetBookRequest._reader"), LIBRARY],
  [symbol("library.v1.GetBookRequest.Note"), LIBRARY],
  [symbol("library.v1.GetBookRequest.Note.content"), LIBRARY],
  [symbol("library.v1.GetBookRequest.NotesEntry"), LIBRARY],
  [symbol("library.v1.GetBookRequest.NotesEntry.value"), LIBRARY],
  [symbol("library.v1.Order"), LIBRARY],
  [symbol("library.v1.ORDER_TITLE"), LIBRARY],
  [symbol("library.v1.Book.Kind"), BOOK],
  [symbol("library.v1.Book.KIND_NOVEL"), BOOK],
  [symbol("library.v1.Book.Rating.rating"), BOOK],
  [symbol("library.v1.shelf"), ANNOTATIONS],
  [symbol("library.v1.shelf_mark"), SHELF_MARK],
  [symbol("google.protobuf.Any"), ANY],
  [symbol("google.protobuf.FieldOptions.ctype"), DESCRIPTOR],
  [fileName(LIBRARY), LIBRARY],
  [fileName(SHELF_MARK), SHELF_MARK],
  [fileName(DESCRIPTOR), DESCRIPTOR],
  [extension("library.v1.Book", 150), SHELF_MARK],
  [extension(".library.v1.Book", 101), BOOK],
  [extension("google.protobuf.FieldOptions", 50002), ANNOTATIONS],
  [numbersOf("library.v1.Book"), ["library.v1.Book", 101, 150]],
  [numbersOf(".library.v1.Book"), ["library.v1.Book", 101, 150]],
  [numbersOf("google.protobuf.MethodOptions"), ["google.protobuf.MethodOptions", 50001]],
  [numbersOf("library.v1.GetBookRequest"), ["library.v1.GetBookRequest"]],
  [symbol(""), `5 unknown symbol ""`],
  [symbol("."), `5 unknown symbol ""`],
  [symbol("..library.v1.Library"), `5 unknown symbol ".library.v1.Library"`],
  [symbol("library"), `5 unknown symbol "library"`],
  [symbol("library.v1"), `5 unknown symbol "library.v1"`],
  [symbol("library.v1.Order.ORDER_TITLE"), `5 unknown symbol "library.v1.Order.ORDER_TITLE"`],
  [symbol("constructor"), `5 unknown symbol "constructor"`],
  [fileName("library/v1/library"), `5 unknown file "library/v1/library"`],
  [fileName(""), `5 unknown file ""`],
  [fileName("../deno.json"), `5 unknown file "../deno.json"`],
  [extension("library.v1.Book", 102), `5 unknown extension 102 of "library.v1.Book"`],
  [extension("", 0), `5 unknown extension 0 of ""`],
  [extension("library.v1.Book", -1), `5 unknown extension -1 of "library.v1.Book"`],
  [numbersOf("library.v1.Paper"), `5 unknown type "library.v1.Paper"`],
];

Deno.test("ServerReflection knows all that generated files declare", async (t) => {
  await using library = await generateLibrary();
  const app = addLibrary(new FastGRPC({ types: createRegistry(library.shelfMark) }), library);
  await using server = await app.serve({ port: 0, hostname: "127.0.0.1", reflection: true });
  using client = connectReflection(`http://127.0.0.1:${server.addr.port}`);

  await t.step("finds what is asked for, in any file", async () => {
    const answers = await client.ask(...FINDINGS.map(([question]) => question));
    const told = answers.map((each) => filesOf(each)[0]?.name ?? tell(each));
    assertEquals(told, FINDINGS.map(([, expected]) => expected));
  });

  await t.step("sends what a file imports, once on a stream", async () => {
    const answers = await client.ask(
      ...[symbol("library.v1.Book"), fileName(LIBRARY), fileName(LIBRARY), fileName(ANY)],
      extension("library.v1.Book", 150),
    );
    assertEquals(answers.map(tell), [
      [BOOK],
      [LIBRARY, ANY, TIMESTAMP, ANNOTATIONS, DESCRIPTOR],
      [LIBRARY],
      [ANY],
      [SHELF_MARK],
    ]);
    assertEquals((await client.ask(fileName(SHELF_MARK))).map(tell), [[SHELF_MARK, BOOK]]);
  });

  await t.step(
    "sends files as the compiler made them, with options that it does not know",
    async () => {
      const [answer] = await client.ask(fileName(LIBRARY));
      const files = filesOf(answer!).filter(({ name }) => name !== DESCRIPTOR);
      const asJson = files.map((file) => toJson(FileDescriptorProtoSchema, file));
      const expected = files.map(({ name }) => library.files.get(name)!);
      assertEquals(asJson, expected.map((file) => toJson(FileDescriptorProtoSchema, file)));
      const method = files[0]!.service[0]!.method[0]!;
      assertEquals(method.options?.$unknown?.map(({ no }) => no), [50001]);
    },
  );
});
