/**
 * Services with their methods.
 *
 * @module
 */

import {
  type MethodDescriptorProto,
  MethodOptionsSchema,
  type ServiceDescriptorProto,
  ServiceOptionsSchema,
} from "../deps.ts";
import { type FileContext, type Place, within } from "./file_context.ts";
import { asApart, blockPiece, type Piece, statementPiece } from "./layout.ts";
import { optionPieces, optionsOf } from "./options.ts";
import type { Placed } from "./order.ts";
import { commentsOf, startOf } from "./source_comments.ts";

/** A service. */
export function servicePiece(
  context: FileContext,
  proto: ServiceDescriptorProto,
  { path, scope }: Place,
): Placed<Piece> {
  const name = within(scope, proto.name);
  const location = context.source.at(path);
  const owner = { name, schema: ServiceOptionsSchema, options: proto.options };
  const body = [
    ...optionPieces(context, optionsOf(context, owner), { path: [...path, 3] }),
    ...proto.method.map((method, index) =>
      methodPiece(context, method, { path: [...path, 2, index], scope: name })
    ),
  ];
  const piece = blockPiece(
    { head: `service ${proto.name}`, body },
    { group: "service", comments: commentsOf(location) },
  );
  return { value: piece, start: startOf(location) };
}

function methodPiece(
  context: FileContext,
  proto: MethodDescriptorProto,
  { path, scope }: Place,
): Piece {
  const comments = commentsOf(context.source.at(path));
  const side = (typeName: string, isStream: boolean) =>
    `(${isStream ? "stream " : ""}${context.names.messageIn(typeName, scope)})`;
  const input = side(proto.inputType, proto.clientStreaming);
  const output = side(proto.outputType, proto.serverStreaming);
  const head = `rpc ${proto.name}${input} returns ${output}`;
  const name = within(scope, proto.name);
  const options = optionsOf(context, { name, schema: MethodOptionsSchema, options: proto.options });
  if (options.length > 0) {
    const body = optionPieces(context, options, { path: [...path, 4] });
    return blockPiece({ head, body }, { group: "rpc", comments });
  }
  const piece = statementPiece([`${head};`], { group: "rpc", comments });
  return comments.leading.length > 0 ? asApart(piece) : piece;
}
