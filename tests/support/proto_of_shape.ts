/**
 * The descriptors of random shapes, complete as a compiler makes them: with JSON names, the entries
 * of maps, the messages of groups, and the oneofs of optional fields.
 *
 * @module
 */

import {
  create,
  type DescExtension,
  type DescMessage,
  type FileRegistry,
  fromJson,
  type JsonValue,
  type Message,
  type MessageInitShape,
  type MessageShape as ShapeOf,
  setExtension,
} from "@bufbuild/protobuf";
import { protoCamelCase } from "@bufbuild/protobuf/reflect";
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  Edition,
  type EnumDescriptorProto,
  EnumDescriptorProtoSchema,
  EnumOptionsSchema,
  FeatureSet_FieldPresence,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileOptionsSchema,
  MessageOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import type {
  EnumShape,
  FieldShape,
  FileShape,
  MemberShape,
  MessageShape,
  OptionShape,
} from "./arbitrary_proto.ts";
import {
  defaultValue,
  type FieldPlace,
  isMessage,
  knownOptions,
  makeMap,
  pick,
  SCALARS,
} from "./proto_of_field.ts";

const STYLES = ["field_", "camelCase", "UPPER_", "trailing_"];
const FIRST_EXTENSION = 1000;

/** Makes the descriptor of a shape; `index` tells the files of one module apart. */
export function createProto(
  shape: FileShape,
  { index, registry }: { readonly index: number; readonly registry: FileRegistry },
): FileDescriptorProto {
  return new ProtoMaker(shape, index, registry).make();
}

class ProtoMaker {
  readonly #shape: FileShape;
  readonly #index: number;
  readonly #registry: FileRegistry;
  readonly #messages: { readonly name: string; readonly proto: DescriptorProto }[] = [];
  readonly #enums: { readonly name: string; readonly proto: EnumDescriptorProto }[] = [];
  /** What is filled only when every type has its name. */
  readonly #later: (() => void)[] = [];
  #count = 0;

  constructor(shape: FileShape, index: number, registry: FileRegistry) {
    this.#shape = shape;
    this.#index = index;
    this.#registry = registry;
  }

  make(): FileDescriptorProto {
    const { syntax, hasPackage, messages, enums, methods, isDeprecated, option } = this.#shape;
    const unit = `f${this.#index}`;
    const packageName = hasPackage ? `random.${unit}` : "";
    const prefix = hasPackage ? "M" : `${unit.toUpperCase()}M`;
    const proto = create(FileDescriptorProtoSchema, {
      name: `random/${unit}.proto`,
      ...(hasPackage && { package: packageName }),
      dependency: ["options/declared.proto"],
      ...(syntax === "proto3" && { syntax }),
      ...(syntax === "editions" && { syntax, edition: Edition.EDITION_2023 }),
      options: this.#options(FileOptionsSchema, "file", option, { deprecated: isDeprecated }),
    });
    const within = packageName === "" ? "" : `${packageName}.`;
    proto.messageType = messages.map((each, i) => this.#message(each, `${within}${prefix}${i}`));
    proto.enumType = enums.map((each, i) => this.#enum(each, `${within}${prefix}Enum${i}`));
    this.#later.splice(0).forEach((fill) => fill());
    if (syntax !== "proto3") this.#extend(proto);
    if (methods.length > 0) {
      const names = new Set<string>();
      const method = methods.map(({ namesake, input, output, streams, idempotency }, i) => ({
        name: this.#methodName(namesake, names) ?? `Call${i}`,
        inputType: `.${pick(this.#messages, input).name}`,
        outputType: `.${pick(this.#messages, output).name}`,
        // Compilers set what is written, never what is not.
        ...(streams[0] && { clientStreaming: true }),
        ...(streams[1] && { serverStreaming: true }),
        ...(idempotency !== undefined && { options: { idempotencyLevel: idempotency } }),
      }));
      proto.service = create(FileDescriptorProtoSchema, {
        service: [{ name: `${prefix}Service`, method }],
      }).service;
    }
    return proto;
  }

  /** That of a message, unless another method has it. */
  #methodName(namesake: number | undefined, taken: Set<string>): string | undefined {
    if (namesake === undefined) return undefined;
    const name = lastPart(pick(this.#messages, namesake).name);
    if (taken.has(name)) return undefined;
    taken.add(name);
    return name;
  }

  #message(shape: MessageShape, name: string): DescriptorProto {
    const { option, isDeprecated, reserved } = shape;
    const proto = create(DescriptorProtoSchema, {
      name: lastPart(name),
      options: this.#options(MessageOptionsSchema, "message", option, { deprecated: isDeprecated }),
      reservedRange: reserved.map((isRange, i) => {
        const start = 500 + 10 * i;
        return { start, end: start + (isRange ? 5 : 1) };
      }),
      reservedName: reserved.map((_, i) => `gone_${i}`),
      ...(this.#shape.syntax !== "proto3" && {
        extensionRange: [{ start: FIRST_EXTENSION, end: 2 ** 29 }],
      }),
    });
    this.#messages.push({ name, proto });
    // Their names are those of messages further out, which they hide.
    const nested = shape.nested.map((each, i) => this.#message(each, `${name}.M${i}`));
    proto.enumType = shape.enums.map((each, i) => this.#enum(each, `${name}.Enum${i}`));
    this.#later.push(() => {
      const at = Math.min(shape.nestedAt, shape.members.length);
      this.#members(proto, name, shape.members.slice(0, at));
      proto.nestedType.push(...nested);
      this.#members(proto, name, shape.members.slice(at));
      this.#addSyntheticOneofs(proto);
    });
    return proto;
  }

  #members(proto: DescriptorProto, name: string, members: readonly MemberShape[]): void {
    for (const member of members) {
      if (!("oneof" in member)) {
        proto.field.push(this.#field(member, proto, { name, isAlone: true }));
        continue;
      }
      const oneofIndex = proto.oneofDecl.length;
      proto.oneofDecl.push(
        ...create(DescriptorProtoSchema, { oneofDecl: [{ name: `oneof_${oneofIndex}` }] })
          .oneofDecl,
      );
      for (const shape of member.oneof) {
        const field = this.#field(shape, proto, { name, isAlone: false });
        field.oneofIndex = oneofIndex;
        proto.field.push(field);
      }
    }
  }

  #addSyntheticOneofs(proto: DescriptorProto): void {
    for (const field of proto.field.filter(({ proto3Optional }) => proto3Optional)) {
      field.oneofIndex = proto.oneofDecl.length;
      const { oneofDecl } = create(DescriptorProtoSchema, {
        oneofDecl: [{ name: `_${field.name}` }],
      });
      proto.oneofDecl.push(...oneofDecl);
    }
  }

  /** `parent` gets the messages that the field declares. */
  #field(
    shape: FieldShape,
    parent: Pick<DescriptorProto, "nestedType">,
    { name, isAlone, number }: { name: string; isAlone: boolean; number?: number },
  ): FieldDescriptorProto {
    const { syntax } = this.#shape;
    const isExtension = number !== undefined;
    const id = this.#count++;
    const fieldName = `${STYLES[id % STYLES.length]}${this.#index}_${id}`;
    const groupName = `Group${this.#index}x${id}`;
    const isMap = shape.label === "map" && isAlone && !isExtension;
    const label = (shape.label === "repeated" && isAlone) || isMap
      ? Label.REPEATED
      : shape.label === "required" && syntax === "proto2" && isAlone && !isExtension
      ? Label.REQUIRED
      : Label.OPTIONAL;
    const isGroup = shape.type === 17 && syntax === "proto2" && !isMap;
    const field = create(FieldDescriptorProtoSchema, {
      name: isGroup ? groupName.toLowerCase() : fieldName,
      number: number ?? id + 1,
      label,
      ...(isGroup ? this.#group(parent, name, groupName) : this.#type(shape)),
    });
    if (isMap) parent.nestedType.push(makeMap(field, { scope: name, key: shape.target }));
    const jsonName = shape.jsonName && `${shape.jsonName}${id}`;
    field.jsonName = (!isExtension && jsonName) || protoCamelCase(field.name);
    const isSingular = label === Label.OPTIONAL;
    if (syntax === "proto3" && isSingular && isAlone && shape.isExplicit) {
      field.proto3Optional = true;
    }
    this.#setOptions(field, shape, { isAlone: isAlone && !isExtension, isMap });
    return field;
  }

  #type({ type, target }: FieldShape): MessageInitShape<typeof FieldDescriptorProtoSchema> {
    const scalar = SCALARS[type];
    if (scalar !== undefined) return { type: scalar };
    if (type === SCALARS.length) {
      return { type: Type.ENUM, typeName: `.${pick(this.#enums, target).name}` };
    }
    return { type: Type.MESSAGE, typeName: `.${pick(this.#messages, target).name}` };
  }

  #group(
    parent: Pick<DescriptorProto, "nestedType">,
    scope: string,
    name: string,
  ): MessageInitShape<typeof FieldDescriptorProtoSchema> {
    parent.nestedType.push(create(DescriptorProtoSchema, { name }));
    return { type: Type.GROUP, typeName: `.${scope === "" ? "" : `${scope}.`}${name}` };
  }

  #setOptions(field: FieldDescriptorProto, shape: FieldShape, place: FieldPlace): void {
    const { syntax } = this.#shape;
    const known = knownOptions(field, shape, { ...place, syntax });
    const { IMPLICIT } = FeatureSet_FieldPresence;
    const isSingular = field.label === Label.OPTIONAL && !isMessage(field);
    const isImplicit = known.features?.fieldPresence === IMPLICIT;
    if (shape.hasDefault && syntax !== "proto3" && isSingular && !isImplicit) {
      const type = this.#enums.find(({ name }) => `.${name}` === field.typeName);
      field.defaultValue = defaultValue(field.type, shape, type?.proto);
    }
    field.options = this.#options(FieldOptionsSchema, "field", shape.option, known);
  }

  #enum({ numbers, hasAlias, reserved, option }: EnumShape, name: string): EnumDescriptorProto {
    const all = [0, ...numbers, ...(hasAlias ? [0] : [])];
    // Values are named beside their enum.
    const prefix = lastPart(name).toUpperCase();
    const proto = create(EnumDescriptorProtoSchema, {
      name: lastPart(name),
      value: all.map((number, i) => ({ name: `${prefix}_${i}`, number })),
      reservedRange: reserved.map((isRange, i) => {
        const start = -500 + 10 * i;
        return { start, end: start + (isRange ? 5 : 0) };
      }).filter(({ start, end }) => !all.some((each) => each >= start && each <= end)),
      reservedName: reserved.map((_, i) => `GONE_${i}`),
      options: this.#options(EnumOptionsSchema, "enum", option && { text: "x" }, {
        ...(hasAlias && { allowAlias: true }),
      }),
    });
    this.#enums.push({ name, proto });
    return proto;
  }

  #extend(file: FileDescriptorProto): void {
    const top = [...this.#messages];
    this.#shape.extensions.forEach(({ field: shape, extendee, scope }, i) => {
      const inner = scope % 2 === 0 ? undefined : pick(top, scope);
      const holder = { nestedType: inner?.proto.nestedType ?? file.messageType };
      const field = this.#field(shape, holder, {
        name: inner?.name ?? file.package,
        isAlone: true,
        number: FIRST_EXTENSION + i,
      });
      field.extendee = `.${pick(top, extendee).name}`;
      (inner?.proto ?? file).extension.push(field);
    });
  }

  #options<Desc extends DescMessage>(
    schema: Desc,
    name: string,
    custom: OptionShape,
    known: MessageInitShape<Desc>,
  ): ShapeOf<Desc> {
    const options = create(schema, known);
    if (custom) {
      const extension = this.#registry.getExtension(`options.${name}`) as DescExtension;
      const { message } = extension;
      const value = message
        ? fromJson(message, custom as JsonValue, { registry: this.#registry })
        : "text";
      setExtension(options as Message, extension, value as never);
    }
    return options;
  }
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}
