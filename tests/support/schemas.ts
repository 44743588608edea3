/**
 * Schemas of Zod as services in code: one method that has them for its request and its reply, their
 * fields in short, and messages that have been to the wire and back.
 *
 * @module
 */

import {
  type DescMessage,
  fromBinary,
  fromJsonString,
  type Message,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import {
  type CompiledMethod,
  type CompiledServices,
  type CompileOptions,
  compileServices,
} from "../../src/schema/compile_services.ts";
import { applyLock } from "../../src/lock/apply_lock.ts";
import type { FieldModel, FileModel, Numbers } from "../../src/schema/model.ts";
import type { MessageDeclaration, ServiceDeclaration } from "../../src/schema/read_services.ts";

/** Numbers by the order of declaration. */
export function numberInOrder(model: FileModel): Numbers {
  return applyLock(model, undefined).numbers;
}

/** Compiles services, whose numbers go by the order of declaration unless something else is said. */
export function compile(
  services: readonly ServiceDeclaration[],
  options: Partial<CompileOptions> = {},
): CompiledServices {
  return compileServices(services, {
    number: numberInOrder,
    fileName: "demo/v1/demo.proto",
    ...options,
  });
}

/** A service `demo.v1.Echo` with one method `Say`, which has a schema for request and reply. */
export function compileEcho(
  request: MessageDeclaration,
  options: Partial<CompileOptions> & { response?: MessageDeclaration } = {},
): CompiledServices & { readonly method: CompiledMethod } {
  const { response = request, ...rest } = options;
  const compiled = compile([{
    name: "demo.v1.Echo",
    methods: [{ name: "Say", kind: "unary", request, response }],
  }], rest);
  return { ...compiled, method: compiled.methods[0]! };
}

/** The fields of a message as in a `.proto` file: `optional int32 times`. */
export function fieldsOf({ model }: CompiledServices, message: string): string[] {
  const found = model.messages.find(({ name }) => name === `demo.v1.${message}`);
  if (found === undefined) throw new Error(`There is no message ${message}`);
  return found.fields.map(fieldText);
}

function fieldText({ name, type, label, keyType, oneof }: FieldModel): string {
  const typeText = type.kind === "scalar" ? type.scalar : type.name.replace(/^demo\.v1\./, "");
  if (label === "map") return `map<${keyType}, ${typeText}> ${name}`;
  const prefix = oneof !== undefined ? `${oneof}: ` : label === "singular" ? "" : `${label} `;
  return `${prefix}${typeText} ${name}`;
}

/** What becomes of a message on the wire, in bytes. */
export function throughBytes(desc: DescMessage, message: Message): Message {
  return fromBinary(desc, toBinary(desc, message));
}

/** What becomes of a message on the wire, in JSON. */
export function throughJson(desc: DescMessage, message: Message): Message {
  return fromJsonString(desc, toJsonString(desc, message));
}

/** What a handler gets of what a client sends. */
export function received({ method }: { method: CompiledMethod }, value: unknown): unknown {
  const { input } = method.desc;
  return method.parse(throughBytes(input, method.toRequest(value)));
}

/** What a client gets of what a handler returns. */
export function replied({ method }: { method: CompiledMethod }, value: unknown): unknown {
  const { output } = method.desc;
  return method.fromReply(throughBytes(output, method.toMessage(value) as Message));
}
