/**
 * Fields and extensions, one statement each. Groups and map fields are of the same kind: what they
 * declare besides is told by the message around them.
 *
 * @module
 */

import {
  type DescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  isFieldSet,
  protoCamelCase,
} from "../deps.ts";
import { type FileContext, type Place, within } from "./file_context.ts";
import { floatLiteral, quote, quoteEscaped } from "./literals.ts";
import { type Option, optionsOf, withOptions } from "./options.ts";

/** A field, and what its text depends on. */
export interface FieldDeclaration {
  readonly proto: FieldDescriptorProto;
  /** Its message, if that was declared together with it: a map's entry, or a group. */
  readonly own: DescriptorProto | undefined;
}

/** Whether a message that a field declares is the entry of a map. */
export function isMapEntry(message: DescriptorProto | undefined): message is DescriptorProto {
  return message?.options?.mapEntry === true;
}

/** Whether a field is a group by its syntax, which is proto2's alone. */
export function isGroup({ syntax }: FileContext, proto: FieldDescriptorProto): boolean {
  return syntax === "proto2" && proto.type === Type.GROUP;
}

/** The oneof that a field is written in. That of an optional field of proto3 exists in name only. */
export function oneofOf(proto: FieldDescriptorProto): number | undefined {
  const hasOneof = isFieldSet(proto, FieldDescriptorProtoSchema.field.oneofIndex);
  return hasOneof && !proto.proto3Optional ? proto.oneofIndex : undefined;
}

/** A field, without its semicolon, or the body if it is a group. */
export function fieldLines(
  context: FileContext,
  { proto, own }: FieldDeclaration,
  { scope }: Place,
): string[] {
  const type = isMapEntry(own) ? mapType(context, own, scope) : typeText(context, proto, scope);
  const label = isMapEntry(own) ? "" : labelOf(context, proto);
  const name = isGroup(context, proto) ? shortName(proto.typeName) : proto.name;
  const options = [
    ...pseudoOptions(proto),
    ...optionsOf(context, {
      name: within(scope, proto.name),
      schema: FieldOptionsSchema,
      options: proto.options,
    }),
  ];
  return withOptions(`${label}${type} ${name} = ${proto.number}`, options);
}

/** The last part of a type's name. */
export function shortName(typeName: string): string {
  return typeName.slice(typeName.lastIndexOf(".") + 1);
}

function labelOf({ syntax }: FileContext, proto: FieldDescriptorProto): string {
  if (proto.label === Label.REPEATED) return "repeated ";
  if (syntax === "editions") return "";
  if (syntax === "proto3") return proto.proto3Optional ? "optional " : "";
  if (oneofOf(proto) !== undefined) return "";
  return proto.label === Label.REQUIRED ? "required " : "optional ";
}

function mapType(context: FileContext, { field }: DescriptorProto, scope: string): string {
  const [key, value] = [1, 2].map((number) => field.find((each) => each.number === number)!);
  return `map<${typeText(context, key!, scope)}, ${typeText(context, value!, scope)}>`;
}

function typeText(context: FileContext, proto: FieldDescriptorProto, scope: string): string {
  if (isGroup(context, proto)) return "group";
  if (proto.typeName !== "") return context.names.typeIn(proto.typeName, scope);
  return Type[proto.type]!.toLowerCase();
}

/** What is written as an option, but is part of the field. */
function pseudoOptions(proto: FieldDescriptorProto): Option[] {
  const { field } = FieldDescriptorProtoSchema;
  const options: Option[] = [];
  const add = (name: string, text: string, number: number) =>
    options.push({ name, value: [text], path: [number], index: undefined });
  if (isFieldSet(proto, field.defaultValue)) add("default", defaultLiteral(proto), 7);
  // The name of an extension in JSON is fixed.
  const hasOwnName = proto.jsonName !== "" && proto.jsonName !== protoCamelCase(proto.name);
  if (hasOwnName && proto.extendee === "") add("json_name", quote(proto.jsonName), 10);
  return options;
}

function defaultLiteral({ type, defaultValue }: FieldDescriptorProto): string {
  switch (type) {
    case Type.STRING:
      return quote(defaultValue);
    case Type.BYTES:
      return quoteEscaped(defaultValue);
    case Type.FLOAT:
    case Type.DOUBLE:
      // Compilers differ in how many digits they keep.
      return floatLiteral(parseFloating(defaultValue), type === Type.FLOAT);
    default:
      return defaultValue;
  }
}

function parseFloating(text: string): number {
  const match = /^(-?)(inf|nan)$/.exec(text);
  if (!match) return Number(text);
  return match[2] === "nan" ? NaN : match[1] === "" ? Infinity : -Infinity;
}
