/**
 * Services in code: their names and the schemas of their methods are read into the model of a file.
 *
 * @module
 */

import type { $ZodType, DescFile, DescMessage } from "../deps.ts";
import { isZodType, notASchema, type Side } from "./definition.ts";
import { messageNameOf } from "./field_models.ts";
import { FileDraft } from "./file_draft.ts";
import type { ValueMapping } from "./mapping.ts";
import type { FileModel, Idempotency, MethodModel } from "./model.ts";
import { isIdentifier } from "./naming.ts";
import { createReading, readWhole } from "./read_type.ts";

/** What a request or reply is declared by: a schema of Zod 4, or of a generated message. */
export type MessageDeclaration = $ZodType | DescMessage;

/** A method in code. */
export interface MethodDeclaration {
  /** In PascalCase, such as `SayHello`. */
  readonly name: string;
  readonly kind: MethodModel["kind"];
  readonly request: MessageDeclaration;
  readonly response: MessageDeclaration;
  /** Its comment in the `.proto` file. */
  readonly description?: string;
  readonly idempotency?: Idempotency;
}

/** A service in code. */
export interface ServiceDeclaration {
  /** With its package, such as `demo.v1.Greeter`. */
  readonly name: string;
  readonly methods: readonly MethodDeclaration[];
  /** Its comment in the `.proto` file. */
  readonly description?: string;
}

/** A request or reply, as it was read. */
export interface ReadMessage {
  /** None if it is a generated message as it is. */
  readonly schema: $ZodType | undefined;
  readonly mapping: ValueMapping;
}

/** What was read. */
export interface ReadServices {
  readonly model: FileModel;
  /** The files that have the messages which are not the file's own. */
  readonly imports: readonly DescFile[];
  /** By path: `/demo.v1.Greeter/SayHello`. */
  readonly methods: ReadonlyMap<string, { request: ReadMessage; response: ReadMessage }>;
}

/**
 * Reads services of one package.
 *
 * @throws {TypeError} If a name is none or taken, or a schema cannot be expressed.
 */
export function readServices(services: readonly ServiceDeclaration[]): ReadServices {
  const packageName = packageOf(services);
  const draft = new FileDraft(packageName);
  const readings = { input: createReading(draft, "input"), output: createReading(draft, "output") };
  const methods = new Map<string, { request: ReadMessage; response: ReadMessage }>();

  const read = (declaration: MessageDeclaration, side: Side, name: string, root: string) => {
    const place = { root, path: "" };
    if (isZodType(declaration)) {
      const mapping = readWhole(readings[side], declaration, name, place);
      return { schema: declaration, mapping };
    }
    if (declaration?.kind === "message") {
      return { schema: undefined, mapping: { kind: "generated", desc: declaration } as const };
    }
    throw notASchema(place, declaration);
  };

  const models = services.map(({ name: service, methods: declarations, description }) => ({
    name: service,
    ...(description !== undefined && { comment: description }),
    methods: declarations.map((declaration): MethodModel => {
      const { name, kind, request, response, description, idempotency } = declaration;
      const path = `/${service}/${name}`;
      if (!isIdentifier(name)) {
        throw new TypeError(`Cannot add method "${path}": use a name such as "SayHello"`);
      }
      if (methods.has(path)) throw new TypeError(`Cannot add method "${path}" twice`);
      const method = {
        request: read(request, "input", `${name}Request`, `the request of "${path}"`),
        response: read(response, "output", `${name}Response`, `the reply of "${path}"`),
      };
      methods.set(path, method);
      return {
        name,
        kind,
        ...(description !== undefined && { comment: description }),
        request: messageNameOf(draft, method.request.mapping)!,
        response: messageNameOf(draft, method.response.mapping)!,
        ...(idempotency !== undefined && { idempotency }),
      };
    }),
  }));
  const { messages, enums, imports } = draft;
  const names = [...messages, ...enums].map(({ name }) => name);
  for (const [i, { name }] of models.entries()) {
    if (!names.includes(name) && !models.slice(0, i).some((each) => each.name === name)) continue;
    throw new TypeError(
      `Cannot add service "${name}": its name is that of another service, a message or an enum`,
    );
  }
  const { required } = draft;
  return {
    model: { package: packageName, messages, enums, services: models, required },
    imports,
    methods,
  };
}

function packageOf(services: readonly ServiceDeclaration[]): string {
  const packages = new Set(services.map(({ name }) => {
    if (typeof name === "string" && name.split(".").every(isIdentifier)) {
      return name.slice(0, Math.max(0, name.lastIndexOf(".")));
    }
    throw new TypeError(
      `Cannot add service "${name}": use a name with its package, such as "demo.v1.Greeter"`,
    );
  }));
  if (packages.size === 1) return [...packages][0]!;
  throw new TypeError(
    `Cannot make one file of services of ${packages.size} packages: make one for each`,
  );
}
