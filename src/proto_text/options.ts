/**
 * Options, as statements of a body and as the list in brackets behind a field.
 *
 * @module
 */

import { type DescMessage, type Message, reflect } from "../deps.ts";
import type { FileContext, Place } from "./file_context.ts";
import { appendToLast, indent, type Piece, prependToFirst, statementPiece } from "./layout.ts";
import { type OptionField, OptionReader, type OptionValue } from "./option_values.ts";
import { commentsOf } from "./source_comments.ts";

/** One option: `name = value`. */
export interface Option {
  readonly name: string;
  /** More than one for a message or a list that does not fit on a line. */
  readonly value: readonly string[];
  /** Of the option's field, from the options' message. */
  readonly path: readonly number[];
  /** Which of the values, if the option may be given several times. */
  readonly index: number | undefined;
}

/** What has the options, and where. */
export interface OptionsOwner {
  /** Full name, which is the scope of names; "" for a file without a package. */
  readonly name: string;
  /** Descriptor of the options' message. */
  readonly schema: DescMessage;
  readonly options: Message | undefined;
}

/** Options that other syntax stands for. */
const WRITTEN_OTHERWISE: ReadonlySet<string> = new Set(["map_entry"]);

/**
 * All options that are set, those of descriptor.proto first.
 *
 * @throws {TypeError} If one is unknown.
 */
export function optionsOf(context: FileContext, { name, schema, options }: OptionsOwner): Option[] {
  if (!options) return [];
  const title = name || context.file.proto.name;
  const reader = new OptionReader(context.extensions, title);
  const fields = reader.read(reflect(schema, options));
  const unread = fields.find((field) => field.name === "uninterpreted_option");
  if (unread) {
    throw new TypeError(
      `Cannot write the options of "${title}": they are not interpreted; link the descriptor first`,
    );
  }
  return fields
    .filter((field) => field.isExtension || !WRITTEN_OTHERWISE.has(field.name))
    .flatMap((field) => toOptions(field, (full) => context.names.extensionIn(full, name)));
}

/** Options as statements, `option name = value;`, with what was said of them. */
export function optionPieces(
  context: FileContext,
  options: readonly Option[],
  { path }: Pick<Place, "path">,
): Piece[] {
  return options.map(({ name, value, path: inner, index }) => {
    const { source } = context;
    const field = [...path, ...inner];
    const location = index === undefined ? source.at(field) : source.at([...field, index]);
    const statement = appendToLast(prependToFirst(`option ${name} = `, value), ";");
    return statementPiece(statement, { group: "option", comments: commentsOf(location) });
  });
}

/** Puts options in brackets behind a declaration, which still lacks its semicolon. */
export function withOptions(declaration: string, options: readonly Option[]): string[] {
  const [first] = options;
  if (!first) return [declaration];
  if (options.length === 1) {
    return appendToLast(prependToFirst(`${declaration} [${first.name} = `, first.value), "]");
  }
  const lines = options.map(({ name, value }) => prependToFirst(`${name} = `, value));
  return [`${declaration} [`, ...indent(separate(lines)), "]"];
}

function toOptions(field: OptionField, nameExtension: (full: string) => string): Option[] {
  const part = ({ isExtension, name }: OptionField) =>
    isExtension ? `(${nameExtension(name)})` : name;
  const isFeatures = !field.isExtension && field.name === "features";
  const walk = (each: OptionField, prefix: string, path: readonly number[]): Option[] => {
    const [name, { value }] = [prefix + part(each), each];
    if (isList(value)) {
      return value.list.map((item, index) => ({ name, value: literal(item), path, index }));
    }
    if (typeof value === "string") return [{ name, value: [value], path, index: undefined }];
    // Each feature is an option by itself, and so is what is alone in a message.
    const isShort = value.length === 1 && !isList(value[0]!.value);
    if (value.length > 0 && (isFeatures || isShort)) {
      return value.flatMap((inner) => walk(inner, `${name}.`, [...path, inner.number]));
    }
    return [{ name, value: literal(value), path, index: undefined }];
  };
  return walk(field, "", [field.number]);
}

/** Message literals on one line have one field at most, lists one value, and nothing nested. */
function literal(value: OptionValue): string[] {
  if (typeof value === "string") return [value];
  if (isList(value)) {
    const [first] = value.list;
    if (value.list.length === 1 && typeof first === "string") return [`[${first}]`];
    return ["[", ...indent(separate(value.list.map(literal))), "]"];
  }
  const fields = value.map(({ name, isExtension, value }) =>
    prependToFirst(isExtension ? `[${name}]: ` : `${name}: `, literal(value))
  );
  if (fields.length === 0) return ["{}"];
  const isShort = value.length === 1 && typeof value[0]!.value === "string";
  return isShort ? [`{${fields[0]![0]}}`] : ["{", ...indent(fields.flat()), "}"];
}

function separate(items: readonly (readonly string[])[]): string[] {
  return items.flatMap((lines, index) =>
    index < items.length - 1 ? appendToLast(lines, ",") : [...lines]
  );
}

function isList(value: OptionValue): value is { readonly list: readonly OptionValue[] } {
  return typeof value === "object" && "list" in value;
}
