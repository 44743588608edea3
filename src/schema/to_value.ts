/**
 * Messages to what schemas parse. Each conversion is made once; where a message is already as the
 * schema wants it, there is none, and the message itself is parsed.
 *
 * @module
 */

import { convertList, convertValues, within } from "./field_error.ts";
import { type AnyObject, type Convert, type FileTypes, mapValues } from "./file_types.ts";
import type {
  EnumMapping,
  FieldMapping,
  MessageMapping,
  ScalarMapping,
  UnionMapping,
  ValueMapping,
} from "./mapping.ts";

/** Makes conversions from messages. */
export class ToValue {
  readonly #types: FileTypes;
  readonly #isPlain: boolean;
  readonly #messages = new Map<MessageMapping, Convert>();
  readonly #unions = new Map<UnionMapping, Convert>();

  /** @param isPlain Whether values go to the user as they are, and so must not be messages. */
  constructor(types: FileTypes, isPlain: boolean) {
    this.#types = types;
    this.#isPlain = isPlain;
  }

  /** @returns `undefined` if nothing has to be done. */
  ofWhole(mapping: ValueMapping): Convert | undefined {
    return this.#ofValue(mapping, false);
  }

  #ofValue(mapping: ValueMapping, isInField: boolean): Convert | undefined {
    switch (mapping.kind) {
      case "scalar":
        return mapping.isNumber64 ? Number : undefined;
      case "enum":
        return this.#ofEnum(mapping);
      case "message":
        return this.#isSame(mapping) ? undefined : this.#ofMessage(mapping);
      case "union":
        return this.#ofUnion(mapping);
      case "wrapper": {
        const inner = this.#ofValue(mapping.scalar, true);
        // In a field of its own, protobuf-es has the scalar in place of the message.
        if (isInField) return inner;
        return inner === undefined ? ({ value }) => value : ({ value }) => inner(value);
      }
      case "well_known":
        return isInField && mapping.type.isPlainInFields
          ? mapping.type.check as Convert | undefined
          : mapping.type.read as Convert;
      case "generated":
      case "generated_enum":
        return undefined;
    }
  }

  #ofEnum({ name, values }: EnumMapping): Convert {
    const byNumber = new Map<number, string | number>();
    for (const [key, value] of values) byNumber.set(this.#types.number(name, key), value);
    const known = new Set(values.values());
    return (number: number) => {
      const value = byNumber.get(number);
      if (value !== undefined || number === 0) return value;
      // A number that is not in the enum, as something that the schema does not have either.
      return [number, String(number)].find((each) => !known.has(each)) ?? NaN;
    };
  }

  #ofMessage(mapping: MessageMapping): Convert {
    const known = this.#messages.get(mapping);
    if (known !== undefined) return known;
    const { constant, name } = mapping;
    const steps: Step[] = [];
    const convert = (message: AnyObject) => {
      const value: Record<string, unknown> = {};
      if (constant !== undefined) value[constant.key] = constant.value;
      for (const { field, property, key, convert, isNull } of steps) {
        let converted = message[property];
        if (converted !== undefined && convert !== undefined) {
          try {
            converted = convert(converted);
          } catch (error) {
            throw field === undefined ? error : within(field, error);
          }
        }
        if (converted !== undefined) value[key] = converted;
        else if (isNull) value[key] = null;
      }
      return value;
    };
    // Before its fields, for one of them may be such a message.
    this.#messages.set(mapping, convert);
    for (const field of mapping.fields) {
      steps.push({
        // The fields of a oneof are those of the message around it.
        field: field.label === "oneof" ? undefined : field.name,
        property: this.#types.property(name, field.name),
        key: field.key,
        convert: this.#ofField(field, name),
        isNull: field.absent === "null",
      });
    }
    return convert;
  }

  #ofField(field: FieldMapping, message: string): Convert | undefined {
    const { value, label, absent } = field;
    if (label === "oneof") return this.#ofOneof(value as UnionMapping, message);
    if (label !== "repeated" && label !== "map") return this.#ofValue(value, true);
    const convert = this.#ofElement(value);
    const ofAll = label === "repeated" ? ofList(convert) : ofMap(field, convert);
    if (absent === "empty") return ofAll;
    return (all) => {
      // There is no telling an empty one from none.
      for (const _ in all) return ofAll === undefined ? all : ofAll(all);
      return undefined;
    };
  }

  #ofElement(mapping: ValueMapping): Convert | undefined {
    const isStruct = mapping.kind === "well_known" && mapping.type.isPlainInFields === true;
    return this.#ofValue(mapping, isStruct);
  }

  #ofUnion(union: UnionMapping): Convert {
    const known = this.#unions.get(union);
    if (known !== undefined) return known;
    const property = this.#types.property(union.name!, union.oneof);
    // Before its variants, for one of them may hold such a union.
    const convert: Convert = (message: AnyObject) => ofOneof(message[property]);
    this.#unions.set(union, convert);
    const ofOneof = this.#ofOneof(union, union.name!);
    return convert;
  }

  #ofOneof({ variants }: UnionMapping, message: string): Convert {
    const cases = new Map(variants.map(({ name, message: variant }) => [
      this.#types.property(message, name),
      { name, convert: this.#ofMessage(variant) },
    ]));
    return (oneof: { case?: string; value?: unknown }) => {
      if (oneof.case === undefined) return undefined;
      const { name, convert } = cases.get(oneof.case)!;
      try {
        return convert(oneof.value);
      } catch (error) {
        throw within(name, error);
      }
    };
  }

  /** Whether a message is what its schema wants. One that holds itself is, if all else in it is. */
  #isSame(mapping: MessageMapping, seen: Set<MessageMapping> = new Set()): boolean {
    if (seen.has(mapping)) return true;
    seen.add(mapping);
    if (this.#isPlain || mapping.seesOtherKeys || mapping.constant !== undefined) return false;
    return mapping.fields.every((field) => {
      const { key, name, value, label, absent } = field;
      const isMany = label === "repeated" || label === "map";
      if (label === "oneof" || field.isMap || absent === (isMany ? "undefined" : "null")) {
        return false;
      }
      if (absent === "null" || this.#types.property(mapping.name, name) !== key) return false;
      if (value.kind === "message") return this.#isSame(value, seen);
      return (isMany ? this.#ofElement(value) : this.#ofValue(value, true)) === undefined;
    });
  }
}

/** One property. */
interface Step {
  /** Its name in `.proto`, for errors. */
  readonly field: string | undefined;
  readonly property: string;
  readonly key: string;
  readonly convert: Convert | undefined;
  /** Whether the schema wants null for nothing. */
  readonly isNull: boolean;
}

function ofList(convert: Convert | undefined): Convert | undefined {
  return convert && ((list: unknown[]) => convertList(list, convert));
}

function ofMap(
  { keys, isMap }: FieldMapping,
  convert: Convert | undefined,
): Convert | undefined {
  if (!isMap) return convert && ((map: AnyObject) => mapValues(map, convert));
  const ofKey = keyReader(keys!);
  return (map: AnyObject) =>
    new Map(
      (convert === undefined ? Object.entries(map) : convertValues(map, convert))
        .map(([key, value]) => [ofKey(key), value]),
    );
}

function keyReader({ scalar, isNumber64 }: ScalarMapping): (key: string) => unknown {
  if (scalar === "string") return (key) => key;
  if (scalar === "bool") return (key) => key === "true";
  return scalar.endsWith("64") && !isNumber64 ? BigInt : Number;
}
