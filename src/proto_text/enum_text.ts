/**
 * Enums.
 *
 * @module
 */

import {
  type EnumDescriptorProto,
  EnumOptionsSchema,
  type EnumValueDescriptorProto,
  EnumValueOptionsSchema,
} from "../deps.ts";
import { type FileContext, type Place, within } from "./file_context.ts";
import { appendToLast, blockPiece, type Piece, statementPiece } from "./layout.ts";
import { optionPieces, optionsOf, withOptions } from "./options.ts";
import { inOrder, type Placed } from "./order.ts";
import { reservedPieces } from "./range_text.ts";
import { commentsOf, startOf } from "./source_comments.ts";

/** By name, lest the rule against enums in TypeScript takes it for one. */
const KEYWORD = "enum";

/** An enum with its values, its options and what it reserves. */
export function enumPiece(
  context: FileContext,
  proto: EnumDescriptorProto,
  { path, scope }: Place,
): Placed<Piece> {
  const name = within(scope, proto.name);
  const location = context.source.at(path);
  const options = optionsOf(context, { name, schema: EnumOptionsSchema, options: proto.options });
  const reserved = reservedPieces(context, {
    ranges: proto.reservedRange,
    names: proto.reservedName,
    rangesPath: [...path, 4],
    namesPath: [...path, 5],
    isEnum: true,
  });
  const values = proto.value.map((value, index) =>
    valuePiece(context, value, { path: [...path, 2, index], scope: name })
  );
  const body = [
    ...optionPieces(context, options, { path: [...path, 3] }),
    ...inOrder([reserved, values]),
  ];
  const piece = blockPiece(
    { head: `${KEYWORD} ${proto.name}`, body },
    { group: "enum", comments: commentsOf(location) },
  );
  return { value: piece, start: startOf(location) };
}

function valuePiece(
  context: FileContext,
  { name, number, options }: EnumValueDescriptorProto,
  { path, scope }: Place,
): Placed<Piece> {
  const location = context.source.at(path);
  const owner = { name: within(scope, name), schema: EnumValueOptionsSchema, options };
  const statement = withOptions(`${name} = ${number}`, optionsOf(context, owner));
  const comments = commentsOf(location);
  return {
    value: statementPiece(appendToLast(statement, ";"), { group: "value", comments }),
    start: startOf(location),
  };
}
