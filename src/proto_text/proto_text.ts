/**
 * `.proto` text from descriptors: what a compiler makes of the text is the descriptor again. The
 * text is in the form of `buf format`. Which files are written, and where, is `proto_files.ts`'s.
 *
 * @module
 */

import { type DescFile, FileOptionsSchema } from "../deps.ts";
import { enumPiece } from "./enum_text.ts";
import { createFileContext, type FileContext } from "./file_context.ts";
import { joinPieces, type Piece, statementPiece } from "./layout.ts";
import { quote } from "./literals.ts";
import { extendPieces, messagePieces } from "./message_text.ts";
import { type Option, optionPieces, optionsOf } from "./options.ts";
import { inOrder } from "./order.ts";
import { servicePiece } from "./service_text.ts";
import { commentsOf } from "./source_comments.ts";

/**
 * Writes a file as `.proto` text, comments included where the descriptor has `source_code_info`.
 *
 * Compiled again, the text gives an equal descriptor, except that imports are sorted, and the
 * fields of a oneof stand together. A `FileDescriptorProto` becomes a `DescFile` by
 * `createFileRegistry()` of `@bufbuild/protobuf`.
 *
 * @returns Text that `buf format` leaves as it is, with a newline at the end.
 * @throws {TypeError} If the edition is later than 2023, or an option is unknown or not linked.
 */
export function toProtoText(file: DescFile): string {
  const context = createFileContext(file);
  const pieces = [...headerPieces(context), ...declarationPieces(context)];
  return `${joinPieces(pieces).join("\n")}\n`;
}

function headerPieces(context: FileContext): Piece[] {
  const { file: { proto }, syntax, source } = context;
  const statement = (text: string, group: string, path: readonly number[]) =>
    statementPiece([text], { group, comments: commentsOf(source.at(path)) });
  const version = syntax === "editions" ? `edition = "2023";` : `syntax = "${syntax}";`;
  // Compilers do not agree on where an edition stands.
  const path = source.at([14]) ? [14] : [12];
  const pieces = [statement(version, "syntax", path)];
  if (proto.package !== "") pieces.push(statement(`package ${proto.package};`, "package", [2]));
  return [...pieces, ...importPieces(context), ...fileOptionPieces(context)];
}

function importPieces({ file: { proto }, source }: FileContext): Piece[] {
  return proto.dependency
    .map((name, index) => ({ name, index }))
    .sort((a, b) => compareTexts(a.name, b.name))
    .map(({ name, index }) => {
      const isPublic = proto.publicDependency.includes(index);
      const isWeak = proto.weakDependency.includes(index);
      const kind = isPublic ? "public " : isWeak ? "weak " : "";
      const comments = commentsOf(source.at([3, index]));
      return statementPiece([`import ${kind}${quote(name)};`], { group: "import", comments });
    });
}

/** Sorted as `buf format` has them: by name, those of others behind. */
function fileOptionPieces(context: FileContext): Piece[] {
  const { proto } = context.file;
  const owner = { name: proto.package, schema: FileOptionsSchema, options: proto.options };
  const options = optionsOf(context, owner);
  const isCustom = ({ name }: Option) => Number(name.startsWith("("));
  const sorted = options.sort((a, b) => isCustom(a) - isCustom(b) || compareTexts(a.name, b.name));
  return optionPieces(context, sorted, { path: [8] });
}

function declarationPieces(context: FileContext): Piece[] {
  const { proto } = context.file;
  const scope = proto.package;
  const siblings = { scope, messages: proto.messageType, path: [4] };
  return inOrder([
    proto.service.map((each, index) => servicePiece(context, each, { path: [6, index], scope })),
    messagePieces(context, siblings, proto.extension),
    proto.enumType.map((each, index) => enumPiece(context, each, { path: [5, index], scope })),
    extendPieces(context, proto.extension, { path: [7], siblings }),
  ]);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
