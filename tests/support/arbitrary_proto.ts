/**
 * Random `.proto` files as descriptors, such as a compiler would make them: fast-check decides on the
 * shape, names and numbers are given out so that no rule of the language is broken.
 *
 * @module
 */

import fc from "fast-check";

/** A shape that leaves names and numbers open. Types are picked by index, modulo what there is. */
export interface FileShape {
  readonly syntax: "proto2" | "proto3" | "editions";
  readonly messages: readonly MessageShape[];
  readonly enums: readonly EnumShape[];
  readonly extensions: readonly ExtensionShape[];
  readonly methods: readonly MethodShape[];
  readonly hasPackage: boolean;
  readonly isDeprecated: boolean;
  readonly option: OptionShape;
}

/** A message. */
export interface MessageShape {
  readonly members: readonly MemberShape[];
  readonly nested: readonly MessageShape[];
  readonly enums: readonly EnumShape[];
  /** How many members come before the messages that are nested. */
  readonly nestedAt: number;
  readonly reserved: readonly boolean[];
  readonly isDeprecated: boolean;
  readonly option: OptionShape;
}

/** A field, or a oneof of several. */
export type MemberShape = FieldShape | { readonly oneof: readonly FieldShape[] };

/** A field. */
export interface FieldShape {
  readonly type: number;
  readonly target: number;
  readonly label: "optional" | "required" | "repeated" | "map";
  readonly isExplicit: boolean;
  readonly hasDefault: boolean;
  readonly isDeprecated: boolean;
  readonly isPacked: boolean | undefined;
  readonly jsonName: string | undefined;
  readonly text: string;
  readonly number: number;
  readonly option: OptionShape;
}

/** An enum, by the numbers of its values. */
export interface EnumShape {
  readonly numbers: readonly number[];
  readonly hasAlias: boolean;
  readonly reserved: readonly boolean[];
  readonly option: OptionShape;
}

/** An extension of some message, declared at the top or in another. */
export interface ExtensionShape {
  readonly field: FieldShape;
  readonly extendee: number;
  readonly scope: number;
}

/** A method. */
export interface MethodShape {
  /** The message whose name it has, which it then hides within its service. */
  readonly namesake: number | undefined;
  readonly input: number;
  readonly output: number;
  readonly streams: readonly [boolean, boolean];
  readonly idempotency: number | undefined;
}

/** JSON of the message that is a custom option, `undefined` for none. */
export type OptionShape = Readonly<Record<string, unknown>> | undefined;

const TEXT = fc.string({ unit: fc.constantFrom(..."ab \"'\\\n\t\u0001\u007fé🎉") });
const INT32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

/** buf 1.74 misreads some numbers with large exponents, such as 1.7904448e+30: there are none here. */
const DOUBLE = fc.oneof(
  fc.constantFrom(0, -0, 1e15, 1e20, 0.1, 2 ** 53),
  fc.tuple(INT32, fc.integer({ min: -10, max: 10 })).map(([digits, power]) => digits * 2 ** power),
);

const { value: OPTION_VALUE } = fc.letrec<{ value: Readonly<Record<string, unknown>> }>((tie) => ({
  value: fc.record({
    text: TEXT,
    blob: fc.base64String({ maxLength: 12 }),
    number: DOUBLE,
    single: DOUBLE.map(Math.fround),
    large: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
    huge: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
    flag: fc.boolean(),
    level: fc.constantFrom("LEVEL_LOW", "LEVEL_HIGH"),
    inner: fc.oneof({ maxDepth: 2 }, fc.constant({}), tie("value")),
    more: fc.oneof({ maxDepth: 1 }, fc.constant([{}]), fc.array(tie("value"), { maxLength: 2 })),
    numbers: fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 3 }),
    byName: fc.constantFrom({ a: {} }, { a: { text: "x" }, b: { flag: false } }),
    wrapped: TEXT,
    "[options.extra]": TEXT,
  }, { requiredKeys: [] }),
}));

const OPTION: fc.Arbitrary<OptionShape> = fc.option(OPTION_VALUE, { nil: undefined, freq: 2 });
const FLAGS = fc.array(fc.boolean(), { maxLength: 4 });

const FIELD: fc.Arbitrary<FieldShape> = fc.record({
  type: fc.nat(17),
  target: fc.nat(),
  label: fc.constantFrom("optional", "optional", "required", "repeated", "map"),
  isExplicit: fc.boolean(),
  hasDefault: fc.boolean(),
  isDeprecated: fc.boolean(),
  isPacked: fc.option(fc.boolean(), { nil: undefined }),
  jsonName: fc.option(fc.stringMatching(/^[a-z@$"'\\é]{1,5}$/), { nil: undefined, freq: 4 }),
  text: TEXT,
  number: INT32,
  option: OPTION,
});

const ENUM: fc.Arbitrary<EnumShape> = fc.record({
  numbers: fc.uniqueArray(INT32.filter((number) => number !== 0), { maxLength: 3 }),
  hasAlias: fc.boolean(),
  reserved: FLAGS,
  option: OPTION,
});

const { message: MESSAGE } = fc.letrec<{ message: MessageShape }>((tie) => ({
  message: fc.record({
    members: fc.array(
      fc.oneof(
        { arbitrary: FIELD, weight: 5 },
        {
          arbitrary: fc.record({ oneof: fc.array(FIELD, { minLength: 1, maxLength: 3 }) }),
          weight: 1,
        },
      ),
      { maxLength: 5 },
    ),
    nested: fc.oneof({ maxDepth: 2 }, fc.constant([]), fc.array(tie("message"), { maxLength: 2 })),
    enums: fc.array(ENUM, { maxLength: 1 }),
    nestedAt: fc.nat(3),
    reserved: FLAGS,
    isDeprecated: fc.boolean(),
    option: OPTION,
  }),
}));

/** Any file. */
export const FILE_SHAPE: fc.Arbitrary<FileShape> = fc.record({
  syntax: fc.constantFrom("proto2", "proto3", "editions"),
  messages: fc.array(MESSAGE, { minLength: 1, maxLength: 3 }),
  enums: fc.array(ENUM, { minLength: 1, maxLength: 2 }),
  extensions: fc.array(
    fc.record({ field: FIELD, extendee: fc.nat(), scope: fc.nat() }),
    { maxLength: 4 },
  ),
  methods: fc.array(
    fc.record({
      namesake: fc.option(fc.nat(), { nil: undefined }),
      input: fc.nat(),
      output: fc.nat(),
      streams: fc.tuple(fc.boolean(), fc.boolean()),
      idempotency: fc.option(fc.constantFrom(1, 2), { nil: undefined }),
    }),
    { maxLength: 3 },
  ),
  hasPackage: fc.boolean(),
  isDeprecated: fc.boolean(),
  option: OPTION,
});
