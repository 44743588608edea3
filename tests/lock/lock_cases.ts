/**
 * Changes of a small schema, and what the lock says to each. The tests put them to the lock and to
 * `buf breaking`.
 *
 * @module
 */

import type { FileModel } from "../../src/schema/model.ts";
import { field } from "../support/schema_parts.ts";
import { movedTo } from "../support/schema_places.ts";
import {
  BASE,
  HELLO,
  retyped,
  withAsk,
  withField,
  withHello,
  withItem,
  withMap,
  without,
  withValues,
} from "./lock_base.ts";

/** A change of {@linkcode BASE}. */
export interface LockCase {
  readonly title: string;
  /** Generations that are released before, one after the other. */
  readonly earlier?: readonly FileModel[];
  readonly model: FileModel;
  /** What is wrong with it, by kind and path. */
  readonly problems?: readonly string[];
  /** The changes' texts, where nothing is wrong. */
  readonly changes?: readonly string[];
}

const STRING = { kind: "scalar", scalar: "string" } as const;
const NICK = field("nick", STRING);
const LATER = "to clients a new name is a new field, so keep";

/** All of them. */
export const CASES: readonly LockCase[] = [
  { title: "nothing", model: BASE, changes: [] },
  { title: "another order", model: withAsk((fields) => fields.toReversed()), changes: [] },
  {
    title: "a field in front",
    model: withAsk((fields) => [NICK, ...fields]),
    changes: ["added demo.v1.Ask.nick = 5"],
  },
  {
    title: "a field less",
    model: without("times"),
    changes: ["removed demo.v1.Ask.times: number 2 and the name are reserved"],
  },
  {
    title: "a field that looks renamed",
    model: withField("name", { name: "nick", jsonName: "nick" }),
    changes: [
      "added demo.v1.Ask.nick = 5",
      "removed demo.v1.Ask.name: number 1 and the name are reserved\n" +
      `  hint: if it is "nick" now: ${LATER} "name" beside it until none uses it`,
    ],
  },
  {
    title: "a field that comes back",
    earlier: [without("times")],
    model: BASE,
    problems: ["reserved_name demo.v1.Ask.times"],
  },
  {
    title: "a field after one is gone",
    earlier: [without("by_name")],
    model: withAsk((fields) => [...fields.slice(0, 3), NICK]),
    changes: ["added demo.v1.Ask.nick = 5"],
  },
  {
    title: "presence",
    model: withField("times", { label: "optional" }),
    changes: ["changed demo.v1.Ask.times from int32 to optional int32"],
  },
  {
    title: "another sign",
    model: retyped("times", "uint32"),
    changes: [
      "changed demo.v1.Ask.times from int32 to uint32\n" +
      "  hint: negative numbers and large ones turn into each other, and JSON refuses them",
    ],
  },
  ...(["int64", "sint32", "fixed32", "bool", "double", "string"] as const).map((scalar) => ({
    title: `int32 that is ${scalar}`,
    model: retyped("times", scalar),
    problems: ["type demo.v1.Ask.times"],
  })),
  {
    title: "string that is bytes",
    model: retyped("name", "bytes"),
    problems: ["type demo.v1.Ask.name"],
  },
  {
    title: "an enum that is a number",
    model: retyped("color", "int32"),
    problems: ["type demo.v1.Ask.color"],
  },
  {
    title: "another message",
    model: withField("by_name", { type: { kind: "message", name: "demo.v1.Ask" } }),
    problems: ["type demo.v1.Ask.by_name"],
  },
  {
    title: "one that is many",
    model: withField("name", { label: "repeated" }),
    problems: ["label demo.v1.Ask.name"],
  },
  {
    title: "one that is a map",
    model: withField("name", { label: "map", keyType: "string" }),
    problems: ["label demo.v1.Ask.name"],
  },
  {
    title: "a map with keys of another sign",
    earlier: [withMap("int32")],
    model: withMap("uint32"),
    changes: [
      "changed demo.v1.Ask.says from map<int32, message demo.v1.Say> to " +
      "map<uint32, message demo.v1.Say>\n" +
      "  hint: negative numbers and large ones turn into each other, and JSON refuses them",
    ],
  },
  {
    title: "a map with other keys",
    earlier: [withMap("int32")],
    model: withMap("string"),
    problems: ["type demo.v1.Ask.says"],
  },
  {
    title: "another name in JSON",
    model: withField("times", { jsonName: "count" }),
    problems: ["json_name demo.v1.Ask.times"],
  },
  {
    title: "a field that goes into a oneof",
    model: withField("name", { oneof: "way" }),
    problems: ["oneof demo.v1.Ask.name"],
  },
  {
    title: "a field that leaves its oneof",
    model: withAsk((fields) => fields.map(({ oneof: _, ...rest }) => rest)),
    problems: ["oneof demo.v1.Ask.by_name"],
  },
  {
    title: "a oneof of another name",
    model: withField("by_name", { oneof: "how" }),
    problems: ["oneof demo.v1.Ask.by_name"],
  },
  {
    title: "everything about a field",
    model: withField("name", { label: "repeated", jsonName: "names" }),
    problems: ["label demo.v1.Ask.name", "json_name demo.v1.Ask.name"],
  },
  {
    title: "a value more",
    model: withValues("COLOR_NONE", "COLOR_BLUE", "COLOR_RED"),
    changes: ["added demo.v1.Color.COLOR_BLUE = 2"],
  },
  {
    title: "a value less",
    model: withValues("COLOR_NONE"),
    changes: [
      "removed demo.v1.Color.COLOR_RED: number 1 and the name are reserved\n" +
      "  hint: requests that still have it become INVALID_ARGUMENT",
    ],
  },
  {
    title: "a value that comes back",
    earlier: [withValues("COLOR_NONE")],
    model: BASE,
    problems: ["reserved_name demo.v1.Color.COLOR_RED"],
  },
  {
    title: "a value before the zero value",
    model: withValues("COLOR_BLUE", "COLOR_NONE", "COLOR_RED"),
    problems: ["zero_value demo.v1.Color"],
  },
  {
    title: "another zero value",
    model: withValues("COLOR_RED"),
    problems: ["zero_value demo.v1.Color"],
  },
  {
    title: "a message and an enum more",
    model: {
      ...BASE,
      messages: [{ name: "demo.v1.Item", fields: [NICK] }, ...BASE.messages],
      enums: [{ name: "demo.v1.Size", values: [{ name: "SIZE_NONE" }] }, ...BASE.enums],
    },
    changes: ["added message demo.v1.Item", "added enum demo.v1.Size"],
  },
  {
    title: "a message and an enum less",
    model: { ...without("by_name", "color"), enums: [] },
    changes: [
      "removed demo.v1.Ask.color: number 3 and the name are reserved",
      "removed demo.v1.Ask.by_name: number 4 and the name are reserved",
      "removed demo.v1.Color: the lock keeps it, in case it comes back",
    ],
  },
  {
    title: "an enum that comes back as it was",
    earlier: [{ ...without("color"), enums: [] }],
    model: { ...without("color"), enums: BASE.enums },
    changes: ["restored enum demo.v1.Color"],
  },
  {
    title: "an enum that comes back differently",
    earlier: [{ ...without("color"), enums: [] }],
    model: { ...without("color"), enums: withValues("COLOR_RED", "COLOR_NONE").enums },
    problems: ["zero_value demo.v1.Color"],
  },
  {
    title: "a message that comes back differently",
    earlier: [withItem(NICK), BASE],
    model: withItem({ ...NICK, label: "repeated" }),
    problems: ["label demo.v1.Item.nick"],
  },
  {
    title: "a message that comes back with less",
    earlier: [withItem(NICK), BASE],
    model: withItem(field("text", STRING)),
    changes: [
      "restored message demo.v1.Item",
      "added demo.v1.Item.text = 2",
      "removed demo.v1.Item.nick: number 1 and the name are reserved\n" +
      `  hint: if it is "text" now: ${LATER} "nick" beside it until none uses it`,
    ],
  },
  {
    title: "a method and a service more",
    model: {
      ...BASE,
      services: [
        { name: "demo.v1.Greeter", methods: [HELLO, { ...HELLO, name: "Hi" }] },
        { name: "demo.v1.Clock", methods: [] },
      ],
    },
    changes: ["added method demo.v1.Greeter.Hi", "added service demo.v1.Clock"],
  },
  {
    title: "a service less",
    model: { ...BASE, services: [] },
    problems: ["service_removed demo.v1.Greeter"],
  },
  {
    title: "a method less",
    model: { ...BASE, services: [{ name: "demo.v1.Greeter", methods: [] }] },
    problems: ["method_removed demo.v1.Greeter.Hello"],
  },
  ...(["server_streaming", "client_streaming", "bidi_streaming"] as const).map((kind) => ({
    title: `a unary method that is ${kind}`,
    model: withHello({ kind }),
    problems: ["method_changed demo.v1.Greeter.Hello"],
  })),
  {
    title: "a method with another request and response",
    model: withHello({ request: "demo.v1.Say", response: "demo.v1.Ask" }),
    problems: ["method_changed demo.v1.Greeter.Hello", "method_changed demo.v1.Greeter.Hello"],
  },
  {
    title: "a method that promises to have no side effects",
    model: withHello({ idempotency: "NO_SIDE_EFFECTS" }),
    problems: ["method_changed demo.v1.Greeter.Hello"],
  },
  { title: "a package", model: movedTo(BASE, "demo.v2"), problems: ["package demo.v2"] },
];
