/**
 * Random edits of schemas, as developers make them from one generation to the next: fields, values,
 * messages, enums, methods and services come, go, change and move. Every model is one that could
 * stand in a `.proto` file.
 *
 * @module
 */

import fc from "fast-check";
import type { FileModel } from "../../src/schema/model.ts";
import {
  ENUMS,
  field,
  FIELDS,
  IDEMPOTENCIES,
  insert,
  KEYS,
  KINDS,
  MESSAGES,
  METHODS,
  pick,
  SERVICES,
  shaped,
  typeOf,
  value,
  VALUES,
  withOtherSign,
  without,
} from "./schema_parts.ts";
import {
  movedTo,
  onEnum,
  onField,
  onMessage,
  onMethod,
  onService,
  withoutType,
} from "./schema_places.ts";

/** An edit; numbers pick what it is about from what there is. */
export interface Edit {
  readonly what: string;
  readonly picks: readonly [number, number, number, number];
}

/** The model after some edits. Those that find nothing to edit leave it alone. */
export function edited(model: FileModel, edits: readonly Edit[]): FileModel {
  return edits.reduce((model, { what, picks }) => EDITS[what]!(model, ...picks), model);
}

type Editor = (model: FileModel, a: number, b: number, c: number, d: number) => FileModel;

const EDITS: Readonly<Record<string, Editor>> = {
  addField: (model, a, b, c, d) =>
    onMessage(model, a, (message) => {
      const name = pick(FIELDS, b);
      if (message.fields.some((each) => each.name === name)) return message;
      const added = shaped(field(name, typeOf(model, c)), d);
      return { ...message, fields: insert(message.fields, c, added) };
    }),
  removeField: (model, a, b) =>
    onMessage(model, a, (message) => ({ ...message, fields: without(message.fields, b) })),
  retypeField: (model, a, b, c) =>
    onField(model, a, b, (each) => ({ ...each, type: typeOf(model, c) })),
  swapSign: (model, a, b) => onField(model, a, b, withOtherSign),
  relabelField: (model, a, b, c) => onField(model, a, b, (each) => shaped(each, c)),
  rekeyField: (model, a, b, c) =>
    onField(model, a, b, (each) => each.keyType ? { ...each, keyType: pick(KEYS, c) } : each),
  renameInJson: (model, a, b, c) =>
    onField(model, a, b, (each) => ({ ...each, jsonName: `${each.name}${pick(["", "X"], c)}` })),
  moveField: (model, a, b) =>
    onMessage(model, a, ({ fields: [first, ...rest], ...message }) => {
      return { ...message, fields: first ? insert(rest, b, first) : rest };
    }),
  addMessage: (model, a, b) => {
    const name = `${model.package}.${pick(MESSAGES, a)}`;
    if (model.messages.some((each) => each.name === name)) return model;
    const fields = [field(pick(FIELDS, b), typeOf(model, b))];
    return { ...model, messages: insert(model.messages, b, { name, fields }) };
  },
  removeMessage: (model, a) => {
    const { name } = pick(model.messages, a);
    const isUsed = model.services.some(({ methods }) =>
      methods.some(({ request, response }) => request === name || response === name)
    );
    if (isUsed || model.messages.length === 1) return model;
    return withoutType({ ...model, messages: without(model.messages, a) }, name);
  },
  addEnum: (model, a, b) => {
    const short = pick(ENUMS, a);
    const name = `${model.package}.${short}`;
    if (model.enums.some((each) => each.name === name)) return model;
    return { ...model, enums: [...model.enums, { name, values: [value(short, pick(VALUES, b))] }] };
  },
  removeEnum: (model, a) => {
    if (model.enums.length === 0) return model;
    const { name } = pick(model.enums, a);
    return withoutType({ ...model, enums: without(model.enums, a) }, name);
  },
  addValue: (model, a, b, c) =>
    onEnum(model, a, (each) => {
      const added = value(each.name.slice(model.package.length + 1), pick(VALUES, b));
      if (each.values.some(({ name }) => name === added.name)) return each;
      // Now and then before the zero value.
      return { ...each, values: insert(each.values, c, added) };
    }),
  removeValue: (model, a, b) =>
    onEnum(model, a, (each) => {
      return each.values.length === 1 ? each : { ...each, values: without(each.values, b) };
    }),
  addService: (model, a) => {
    const name = `${model.package}.${pick(SERVICES, a)}`;
    if (model.services.some((each) => each.name === name)) return model;
    return { ...model, services: [...model.services, { name, methods: [] }] };
  },
  removeService: (model, a) => ({ ...model, services: without(model.services, a) }),
  addMethod: (model, a, b, c, d) =>
    onService(model, a, (service) => {
      const name = pick(METHODS, b);
      if (service.methods.some((each) => each.name === name)) return service;
      const [request, response] = [c, d].map((pickOf) => pick(model.messages, pickOf).name);
      const added = { name, kind: pick(KINDS, c), request: request!, response: response! };
      return { ...service, methods: [...service.methods, added] };
    }),
  removeMethod: (model, a, b) =>
    onService(model, a, (service) => ({ ...service, methods: without(service.methods, b) })),
  changeMethod: (model, a, b, c) =>
    onMethod(model, a, b, (method) => ({ ...method, kind: pick(KINDS, c) })),
  rePromise: (model, a, b, c) =>
    onMethod(model, a, b, ({ idempotency: _, ...method }) => {
      const idempotency = pick(IDEMPOTENCIES, c);
      return { ...method, ...idempotency && { idempotency } };
    }),
  retypeMethod: (model, a, b, c, d) =>
    onMethod(model, a, b, (method) => {
      return { ...method, [pick(["request", "response"], d)]: pick(model.messages, c).name };
    }),
  changePackage: (model, a) => a % 5 === 0 ? movedTo(model, `${model.package}x`) : model,
};

/** What comes to a repository in one go. */
export const GENERATION: fc.Arbitrary<Edit[]> = fc.array(
  fc.record({
    what: fc.constantFrom("addField", "addField", "removeField", ...Object.keys(EDITS)),
    picks: fc.tuple(fc.nat(9999), fc.nat(9999), fc.nat(9999), fc.nat(9999)),
  }),
  { minLength: 1, maxLength: 3 },
);
