/**
 * What schemas have parsed to what protobuf-es makes messages of. Each conversion is made once; where
 * a value already is as a message wants it, there is none.
 *
 * @module
 */

import { create, type DescMessage, type Message } from "../deps.ts";
import { convertList, FieldError, within } from "./field_error.ts";
import { type AnyObject, type Convert, type FileTypes, mapValues } from "./file_types.ts";
import type {
  EnumMapping,
  FieldMapping,
  MessageMapping,
  UnionMapping,
  ValueMapping,
} from "./mapping.ts";

/** Makes conversions to messages. */
export class ToMessage {
  readonly #types: FileTypes;
  readonly #messages = new Map<MessageMapping, Convert>();
  readonly #unions = new Map<UnionMapping, Convert>();

  constructor(types: FileTypes) {
    this.#types = types;
  }

  /** To a whole message. */
  ofWhole(mapping: ValueMapping): (value: unknown) => Message {
    const convert = this.#ofValue(mapping, false) ?? ((value: unknown) => value as AnyObject);
    if (mapping.kind === "well_known") return convert as (value: unknown) => Message;
    const desc = this.#descOf(mapping);
    const isObject = mapping.kind === "message" || mapping.kind === "union";
    return (value) => {
      if (isObject && value !== undefined) assertObject(value);
      return create(desc, convert(value) as AnyObject);
    };
  }

  #descOf(mapping: ValueMapping): DescMessage {
    switch (mapping.kind) {
      case "message":
      case "union":
        return this.#types.message(mapping.name!);
      case "wrapper":
      case "generated":
        return mapping.desc;
      default:
        throw new Error(`No message is made of what is of kind "${mapping.kind}"`);
    }
  }

  #ofValue(mapping: ValueMapping, isInField: boolean): Convert | undefined {
    switch (mapping.kind) {
      case "scalar":
        return mapping.isNumber64 ? BigInt : undefined;
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
        return inner === undefined ? (value) => ({ value }) : (value) => ({ value: inner(value) });
      }
      case "well_known":
        return isInField && mapping.type.isPlainInFields
          ? undefined
          : mapping.type.write as Convert;
      case "generated":
      case "generated_enum":
        return undefined;
    }
  }

  #ofEnum({ name, values }: EnumMapping): Convert {
    const numbers = new Map<unknown, number>();
    for (const [key, value] of values) numbers.set(value, this.#types.number(name, key));
    return (value) => {
      const number = numbers.get(value);
      if (number === undefined) throw new RangeError(`Not one of ${name}: ${String(value)}`);
      return number;
    };
  }

  #ofMessage(mapping: MessageMapping): Convert {
    const known = this.#messages.get(mapping);
    if (known !== undefined) return known;
    const steps: Step[] = [];
    const convert = (value: AnyObject) => {
      assertObject(value);
      const init: Record<string, unknown> = {};
      for (const { key, property, convert, takesNull } of steps) {
        const found = value[key];
        if (found === undefined || (found === null && !takesNull)) continue;
        try {
          init[property] = convert === undefined ? found : convert(found);
        } catch (error) {
          throw within(key, error);
        }
      }
      return init;
    };
    // Before its fields, for one of them may be such a message.
    this.#messages.set(mapping, convert);
    for (const field of mapping.fields) {
      const { value, label } = field;
      steps.push({
        key: field.key,
        property: this.#types.property(mapping.name, field.name),
        convert: this.#ofField(field, mapping.name),
        takesNull: label === "singular" && value.kind === "well_known" &&
          value.type.takesNull === true,
      });
    }
    return convert;
  }

  #ofField(field: FieldMapping, message: string): Convert | undefined {
    const { value, label, isMap } = field;
    if (label === "oneof") return this.#ofOneof(value as UnionMapping, message);
    if (label !== "repeated" && label !== "map") return this.#ofValue(value, true);
    const convert = this.#ofElement(value);
    if (label === "repeated") {
      return convert && ((list: unknown[]) => convertList(list, convert));
    }
    const ofObject = convert && ((map: AnyObject) => mapValues(map, convert));
    if (!isMap) return ofObject;
    return (map: Map<string, unknown>) => {
      const object = Object.fromEntries(map);
      return ofObject === undefined ? object : ofObject(object);
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
    const convert: Convert = (value: AnyObject) => ({ [property]: ofOneof(value) });
    this.#unions.set(union, convert);
    const ofOneof = this.#ofOneof(union, union.name!);
    return convert;
  }

  #ofOneof({ variants, discriminator }: UnionMapping, message: string): Convert {
    const cases = new Map(variants.map(({ name, value, message: variant }) => [
      value,
      { case: this.#types.property(message, name), convert: this.#ofMessage(variant) },
    ]));
    return (value: AnyObject) => {
      assertObject(value);
      const found = cases.get(value[discriminator]);
      if (found === undefined) {
        throw new RangeError(`No "${discriminator}" is ${String(value[discriminator])}`);
      }
      return { case: found.case, value: found.convert(value) };
    };
  }

  /** Whether values are what the message wants. */
  #isSame(mapping: MessageMapping, seen: Set<MessageMapping> = new Set()): boolean {
    if (seen.has(mapping)) return true;
    seen.add(mapping);
    return mapping.fields.every(({ key, name, value, label, isMap }) => {
      if (label === "oneof" || isMap) return false;
      if (this.#types.property(mapping.name, name) !== key) return false;
      if (value.kind === "message") return this.#isSame(value, seen);
      const isMany = label === "repeated" || label === "map";
      return (isMany ? this.#ofElement(value) : this.#ofValue(value, true)) === undefined;
    });
  }
}

/** Clients may send anything. */
function assertObject(value: unknown): void {
  if (typeof value === "object" && value !== null) return;
  throw new FieldError(`expected an object, got ${value === null ? "null" : typeof value}`);
}

/** One property. */
interface Step {
  readonly key: string;
  readonly property: string;
  readonly convert: Convert | undefined;
  /** Whether null is a value, and not none. */
  readonly takesNull: boolean;
}
