/**
 * A small schema and what can be changed about it.
 *
 * @module
 */

import type { FieldModel, FileModel, MethodModel, ScalarName } from "../../src/schema/model.ts";
import { field, firstModel } from "../support/schema_parts.ts";

/**
 * The schema before: `Ask` has `name`, `times`, `color` and, in the oneof `way`, `by_name`; `Say` has
 * `text`; `Color` has `COLOR_NONE` and `COLOR_RED`; `Greeter` has `Hello`.
 */
export const BASE: FileModel = firstModel("demo.v1");

/** The method of `Greeter`. */
export const HELLO: MethodModel = BASE.services[0]!.methods[0]!;

const SAY = { kind: "message", name: "demo.v1.Say" } as const;

/** With other fields of `Ask`. */
export function withAsk(edit: (fields: readonly FieldModel[]) => FieldModel[]): FileModel {
  const [ask, ...rest] = BASE.messages;
  return { ...BASE, messages: [{ ...ask!, fields: edit(ask!.fields) }, ...rest] };
}

/** With a field of `Ask` that is changed. */
export function withField(name: string, change: Partial<FieldModel>): FileModel {
  return withAsk((fields) =>
    fields.map((each) => each.name === name ? { ...each, ...change } : each)
  );
}

/** With a field of `Ask` that is of another type. */
export function retyped(name: string, scalar: ScalarName): FileModel {
  return withField(name, { type: { kind: "scalar", scalar } });
}

/** Without fields of `Ask`. */
export function without(...names: readonly string[]): FileModel {
  return withAsk((fields) => fields.filter(({ name }) => !names.includes(name)));
}

/** With a map from keys of a type in `Ask`. */
export function withMap(keyType: ScalarName): FileModel {
  const says = { ...field("says", SAY), label: "map", keyType } as const;
  return withAsk((fields) => [...fields, says]);
}

/** With just these values of `Color`. */
export function withValues(...names: readonly string[]): FileModel {
  return {
    ...BASE,
    enums: [{ name: "demo.v1.Color", values: names.map((name) => ({ name })) }],
  };
}

/** With a message more, `Item`. */
export function withItem(...fields: readonly FieldModel[]): FileModel {
  return { ...BASE, messages: [...BASE.messages, { name: "demo.v1.Item", fields }] };
}

/** With another `Hello`. */
export function withHello(change: Partial<MethodModel>): FileModel {
  return { ...BASE, services: [{ name: "demo.v1.Greeter", methods: [{ ...HELLO, ...change }] }] };
}
