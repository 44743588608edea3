/**
 * Messages with all that is in them, and `extend` blocks, whose groups are messages again.
 *
 * @module
 */

import {
  type DescriptorProto,
  type FieldDescriptorProto,
  MessageOptionsSchema,
  OneofOptionsSchema,
} from "../deps.ts";
import { enumPiece } from "./enum_text.ts";
import { fieldLines, isGroup, isMapEntry, oneofOf, shortName } from "./field_text.ts";
import { type FileContext, type Place, within } from "./file_context.ts";
import { appendToLast, asApart, blockPiece, type Piece, statementPiece } from "./layout.ts";
import { optionPieces, optionsOf } from "./options.ts";
import { inOrder, type Placed } from "./order.ts";
import { extensionRangePieces, reservedPieces } from "./range_text.ts";
import { type Comments, commentsOf, startOf } from "./source_comments.ts";

/** The messages of a scope, some of which its fields declare, as entries of maps and as groups. */
export interface Siblings {
  /** Full name of the message or package that holds them. */
  readonly scope: string;
  readonly messages: readonly DescriptorProto[];
  /** Path of the list. */
  readonly path: readonly number[];
}

/** Those messages of a scope that are declared by themselves. */
export function messagePieces(
  context: FileContext,
  siblings: Siblings,
  fields: readonly FieldDescriptorProto[],
): Placed<Piece>[] {
  const declared = new Set(fields.flatMap((field) => ownMessage(context, field, siblings)));
  return siblings.messages.flatMap((message, index) => {
    if (declared.has(index)) return [];
    const place = { path: [...siblings.path, index], scope: siblings.scope };
    const location = context.source.at(place.path);
    const piece = blockPiece(
      { head: `message ${message.name}`, body: messageBody(context, message, place) },
      { group: "message", comments: commentsOf(location) },
    );
    return [{ value: piece, start: startOf(location), messages: [index] }];
  });
}

/** `extend` blocks: one for extensions of the same message in a row, or as the source had them. */
export function extendPieces(
  context: FileContext,
  extensions: readonly FieldDescriptorProto[],
  { path, siblings }: { readonly path: readonly number[]; readonly siblings: Siblings },
): Placed<Piece>[] {
  return context.source.statements(path, extensions.length).flatMap(({ location, indexes }) => {
    const runs: number[][] = [];
    for (const index of indexes) {
      const last = runs.at(-1);
      const isSame = last && extensions[last[0]!]!.extendee === extensions[index]!.extendee;
      if (isSame) last.push(index);
      else runs.push([index]);
    }
    return runs.map((run, position) => {
      const members = run.map((index) =>
        fieldPiece(context, extensions[index]!, { path: [...path, index], siblings })
      );
      const extendee = context.names.messageIn(extensions[run[0]!]!.extendee, siblings.scope);
      const body = members.map(({ value }) => value);
      const comments = commentsOf(position === 0 ? location : undefined);
      return {
        value: blockPiece({ head: `extend ${extendee}`, body }, { group: "extend", comments }),
        start: startOf(location ?? context.source.at([...path, run[0]!])),
        messages: members.flatMap(({ messages = [] }) => messages),
      };
    });
  });
}

function messageBody(context: FileContext, proto: DescriptorProto, place: Place): Piece[] {
  const { path } = place;
  const scope = within(place.scope, proto.name);
  const siblings = { scope, messages: proto.nestedType, path: [...path, 3] };
  const owner = { name: scope, schema: MessageOptionsSchema, options: proto.options };
  const options = optionsOf(context, owner);
  const reserved = reservedPieces(context, {
    ranges: proto.reservedRange,
    names: proto.reservedName,
    rangesPath: [...path, 9],
    namesPath: [...path, 10],
    isEnum: false,
  });
  const isMessageSet = proto.options?.messageSetWireFormat === true;
  const ranges = { path: [...path, 5], scope, isMessageSet };
  return [
    ...optionPieces(context, options, { path: [...path, 7] }),
    ...inOrder([
      reserved,
      extensionRangePieces(context, proto.extensionRange, ranges),
      proto.enumType.map((each, index) =>
        enumPiece(context, each, { path: [...path, 4, index], scope })
      ),
      messagePieces(context, siblings, [...proto.field, ...proto.extension]),
      memberPieces(context, proto, { path, siblings }),
      extendPieces(context, proto.extension, { path: [...path, 6], siblings }),
    ]),
  ];
}

interface FieldPlace {
  readonly path: readonly number[];
  readonly siblings: Siblings;
}

/** Fields, and oneofs where their first field is. */
function memberPieces(
  context: FileContext,
  proto: DescriptorProto,
  { path, siblings }: FieldPlace,
): Placed<Piece>[] {
  const written = new Set<number>();
  return proto.field.flatMap((field, index) => {
    const oneof = oneofOf(field);
    if (oneof === undefined) {
      return [fieldPiece(context, field, { path: [...path, 2, index], siblings })];
    }
    if (written.has(oneof)) return [];
    written.add(oneof);
    return [oneofPiece(context, proto, oneof, { path, siblings })];
  });
}

function oneofPiece(
  context: FileContext,
  proto: DescriptorProto,
  oneof: number,
  { path, siblings }: FieldPlace,
): Placed<Piece> {
  const { name, options } = proto.oneofDecl[oneof]!;
  const place = [...path, 8, oneof];
  const location = context.source.at(place);
  const owner = { name: within(siblings.scope, name), schema: OneofOptionsSchema, options };
  const members = proto.field.flatMap((field, index) =>
    oneofOf(field) === oneof
      ? [fieldPiece(context, field, { path: [...path, 2, index], siblings })]
      : []
  );
  const body = [
    ...optionPieces(context, optionsOf(context, owner), { path: [...place, 2] }),
    ...members.map(({ value }) => value),
  ];
  return {
    value: blockPiece(
      { head: `oneof ${name}`, body },
      { group: "field", comments: commentsOf(location) },
    ),
    start: startOf(location),
    messages: members.flatMap(({ messages = [] }) => messages),
  };
}

/** A field or an extension; a group has a body. */
function fieldPiece(
  context: FileContext,
  proto: FieldDescriptorProto,
  { path, siblings }: FieldPlace,
): Placed<Piece> {
  const messages = ownMessage(context, proto, siblings);
  const own = messages.map((index) => siblings.messages[index])[0];
  const place = { path, scope: siblings.scope };
  const lines = fieldLines(context, { proto, own }, place);
  const location = context.source.at(path);
  const comments = commentsOf(location);
  const group = "field";
  if (!isGroup(context, proto) || !own) {
    const value = statementPiece(appendToLast(lines, ";"), { group, comments });
    return { value, start: startOf(location), messages };
  }
  const inner = [...siblings.path, messages[0]!];
  const body = messageBody(context, own, { path: inner, scope: siblings.scope });
  const value = groupPiece(lines, body, withBodyComments(context, inner, comments));
  return { value, start: startOf(location), messages };
}

/** The head of a group is of several lines if it has several options. */
function groupPiece(head: readonly string[], body: readonly Piece[], comments: Comments): Piece {
  const last = head.at(-1)!;
  const { trailing } = comments;
  const below = { detached: [], leading: [], trailing };
  const block = blockPiece({ head: last, body }, { group: "field", comments: below });
  const lines = [...head.slice(0, -1), ...block.lines];
  const above = { ...comments, trailing: [] };
  return asApart(statementPiece(lines, { group: "field", comments: above }));
}

/** What is said behind the brace of a group may be said of its message. */
function withBodyComments(
  context: FileContext,
  path: readonly number[],
  comments: Comments,
): Comments {
  const { trailing } = commentsOf(context.source.at(path));
  return comments.trailing.length > 0 ? comments : { ...comments, trailing };
}

/** Index of the message that a field declares along with itself. */
function ownMessage(
  context: FileContext,
  proto: FieldDescriptorProto,
  { scope, messages }: Siblings,
): number[] {
  const name = shortName(proto.typeName);
  if (proto.typeName !== `.${within(scope, name)}`) return [];
  const index = messages.findIndex((message) => message.name === name);
  return index >= 0 && (isGroup(context, proto) || isMapEntry(messages[index])) ? [index] : [];
}
