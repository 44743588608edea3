/**
 * Edits at a place of a schema, which is picked by a number.
 *
 * @module
 */

import type {
  EnumModel,
  FieldModel,
  FieldType,
  FileModel,
  MessageModel,
  MethodModel,
  ServiceModel,
} from "../../src/schema/model.ts";
import { replaced } from "./schema_parts.ts";

/** Edits a message. */
export function onMessage(
  model: FileModel,
  index: number,
  edit: (message: MessageModel) => MessageModel,
): FileModel {
  return { ...model, messages: replaced(model.messages, index, edit) };
}

/** Edits a field. */
export function onField(
  model: FileModel,
  a: number,
  b: number,
  edit: (field: FieldModel) => FieldModel,
): FileModel {
  return onMessage(model, a, (message) => {
    return { ...message, fields: replaced(message.fields, b, edit) };
  });
}

/** Edits an enum. */
export function onEnum(
  model: FileModel,
  index: number,
  edit: (each: EnumModel) => EnumModel,
): FileModel {
  return { ...model, enums: replaced(model.enums, index, edit) };
}

/** Edits a service. */
export function onService(
  model: FileModel,
  index: number,
  edit: (service: ServiceModel) => ServiceModel,
): FileModel {
  return { ...model, services: replaced(model.services, index, edit) };
}

/** Edits a method. */
export function onMethod(
  model: FileModel,
  a: number,
  b: number,
  edit: (method: MethodModel) => MethodModel,
): FileModel {
  return onService(model, a, (service) => {
    return { ...service, methods: replaced(service.methods, b, edit) };
  });
}

/** Without the fields of a type. */
export function withoutType(model: FileModel, name: string): FileModel {
  const isOther = ({ type }: FieldModel) => type.kind === "scalar" || type.name !== name;
  return {
    ...model,
    messages: model.messages.map((message) => {
      return { ...message, fields: message.fields.filter(isOther) };
    }),
  };
}

/** With all names in another package. */
export function movedTo(model: FileModel, packageName: string): FileModel {
  const prefix = `${model.package}.`;
  const moved = (name: string) => name.replace(prefix, `${packageName}.`);
  const movedNames = <T extends { readonly name: string }>(all: readonly T[]): T[] =>
    all.map((each) => ({ ...each, name: moved(each.name) }));
  const movedType = (type: FieldType): FieldType =>
    type.kind === "scalar" ? type : { ...type, name: moved(type.name) };
  return {
    package: packageName,
    messages: movedNames(model.messages).map((message) => ({
      ...message,
      fields: message.fields.map((each) => ({ ...each, type: movedType(each.type) })),
    })),
    enums: movedNames(model.enums),
    services: movedNames(model.services).map((service) => ({
      ...service,
      methods: service.methods.map((method) => ({
        ...method,
        request: moved(method.request),
        response: moved(method.response),
      })),
    })),
  };
}
