/**
 * A service whose files have everything that reflection can be asked for: options, extensions, maps,
 * oneofs, enums, imports of imports. Its code is generated for each test, as a user's would be:
 * descriptions that come by other ways have more, or less, in them.
 *
 * @module
 */

import { assert } from "@std/assert";
import {
  create,
  type DescExtension,
  type DescService,
  fromBinary,
  setExtension,
} from "@bufbuild/protobuf";
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import type { FastGRPC } from "../../mod.ts";
import { runBuf } from "./buf.ts";

/** Where its `.proto` files are. */
export const LIBRARY_PROTOS: string = new URL("./library/", import.meta.url).pathname;

/** The code that was generated, with its files. */
export interface Library extends AsyncDisposable {
  /** `library.v1.Library`. */
  readonly service: DescService;
  /** `library.v1.shelf_mark`, of a file that the service does not import. */
  readonly shelfMark: DescExtension;
  /** What buf makes of the same files, by name, with all that they import. */
  readonly files: ReadonlyMap<string, FileDescriptorProto>;
}

/** Generates the code and loads it. Gone when the test's block ends. */
export async function generateLibrary(): Promise<Library> {
  const folder = await Deno.makeTempDir();
  await buf("generate", LIBRARY_PROTOS, "--template=buf.gen.yaml", `--output=${folder}`);
  await buf("build", LIBRARY_PROTOS, "--exclude-source-info", `--output=${folder}/image.binpb`);
  const code = `file://${folder}/gen/library/v1`;
  const { Library } = await import(`${code}/library_pb.ts`);
  const { shelf_mark } = await import(`${code}/shelf_mark_pb.ts`);
  return {
    service: Library,
    shelfMark: shelf_mark,
    files: readFiles(await Deno.readFile(`${folder}/image.binpb`)),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** Adds the service with handlers that find one book, whatever is asked for. */
export function addLibrary(app: FastGRPC, { service, shelfMark }: Library): FastGRPC {
  const book = create(shelfMark.extendee, { title: "Emma" });
  setExtension(book, shelfMark, "E 7" as never);
  return app.addService(service, {
    getBook: () => book,
    async *listBooks() {
      yield* [book, book];
    },
    countBooks: async (requests: AsyncIterable<unknown>) => ({
      count: (await Array.fromAsync(requests)).length,
    }),
    async *findBooks(requests: AsyncIterable<unknown>) {
      for await (const _ of requests) yield book;
    },
  } as never);
}

/** Reads a `google.protobuf.FileDescriptorSet`. */
export function readFiles(set: Uint8Array): ReadonlyMap<string, FileDescriptorProto> {
  const { file } = fromBinary(FileDescriptorSetSchema, set);
  return new Map(file.map((each) => [each.name, each]));
}

/** Reads files that came one by one. */
export function readFile(bytes: Uint8Array): FileDescriptorProto {
  return fromBinary(FileDescriptorProtoSchema, bytes);
}

async function buf(...args: string[]): Promise<void> {
  const { success, output } = await runBuf(...args);
  assert(success, output);
}
