/**
 * `grpc.reflection.v1.ServerReflection`, and the same as `v1alpha`
 * (https://github.com/grpc/grpc/blob/master/doc/server-reflection.md): clients without a `.proto`
 * file ask what there is to call. A service like any other: it uses only what users can use.
 *
 * @module
 */

import { Code, ConnectError, type DescFile, type DescService, type Registry } from "./deps.ts";
import {
  ServerReflection,
  type ServerReflectionRequest,
} from "../gen/grpc/reflection/v1/reflection_pb.ts";
import {
  ServerReflection as ServerReflectionAlpha,
  type ServerReflectionRequest as ServerReflectionRequestAlpha,
} from "../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { DescriptorIndex, withoutDot } from "./descriptor_index.ts";
import type { ServiceOptions } from "./service.ts";

/** Both versions, which differ in nothing but their names. */
export const REFLECTION_SERVICES: readonly (
  | typeof ServerReflection
  | typeof ServerReflectionAlpha
)[] = [ServerReflection, ServerReflectionAlpha];

/** How much of a name that is not known comes back in the error. */
const MAX_SHOWN_NAME = 256;

/**
 * Reflection answers whatever the app does. Its streams last for as long as the client listens, so
 * they hold no shutdown up, and one that is forgotten ends: clients open another when they need it.
 */
export const REFLECTION_OPTIONS: ServiceOptions<typeof ServerReflection> = {
  standalone: true,
  timeout: "10m",
  methods: { serverReflectionInfo: { endOnDrain: true } },
};

/** What reflection tells of. */
export interface ReflectionSubject {
  /** The services to list. Their files are known with all that they import. */
  readonly services: Iterable<DescService>;
  /** What is known besides: messages for a `google.protobuf.Any`, extensions. */
  readonly types: Registry | undefined;
}

type Request = ServerReflectionRequest | ServerReflectionRequestAlpha;

type Answer =
  | { case: "fileDescriptorResponse"; value: { fileDescriptorProto: Uint8Array[] } }
  | {
    case: "allExtensionNumbersResponse";
    value: { baseTypeName: string; extensionNumber: number[] };
  }
  | { case: "listServicesResponse"; value: { service: { name: string }[] } }
  | { case: "errorResponse"; value: { errorCode: Code; errorMessage: string } };

interface Response<R extends Request> {
  validHost: string;
  originalRequest: R;
  messageResponse: Answer;
}

/** The handlers of both versions of the reflection service. */
export interface ReflectionHandlers {
  /** Answers one question after the other. */
  serverReflectionInfo<R extends Request>(requests: AsyncIterable<R>): AsyncIterable<Response<R>>;
}

/** The handlers of both versions of the reflection service. */
export function reflectionHandlers({ services, types }: ReflectionSubject): ReflectionHandlers {
  const described = [...services];
  const names = [...new Set(described.map(({ typeName }) => typeName))].sort();
  const index = new DescriptorIndex([
    ...described.map(({ file }) => file),
    ...Array.from(types ?? [], ({ file }) => file),
  ]);
  return {
    async *serverReflectionInfo(requests) {
      const sent = new Set<string>();
      for await (const request of requests) {
        yield {
          validHost: request.host,
          originalRequest: request,
          messageResponse: answer(request.messageRequest, index, names, sent),
        };
      }
    },
  };
}

function answer(
  question: Request["messageRequest"],
  index: DescriptorIndex,
  services: readonly string[],
  sent: Set<string>,
): Answer {
  const toFile = (file: DescFile | undefined, what: string): Answer => {
    if (file === undefined) return notFound(what);
    const fileDescriptorProto = index.encodeWithImports(file, sent);
    return { case: "fileDescriptorResponse", value: { fileDescriptorProto } };
  };
  switch (question.case) {
    case "fileByFilename":
      return toFile(index.file(question.value), `file "${shorten(question.value)}"`);
    case "fileContainingSymbol": {
      const symbol = withoutDot(question.value);
      return toFile(index.fileOfSymbol(symbol), `symbol "${shorten(symbol)}"`);
    }
    case "fileContainingExtension": {
      const { containingType, extensionNumber } = question.value;
      const message = withoutDot(containingType);
      const file = index.fileOfExtension(message, extensionNumber);
      return toFile(file, `extension ${extensionNumber} of "${shorten(message)}"`);
    }
    case "allExtensionNumbersOfType": {
      const baseTypeName = withoutDot(question.value);
      const extensionNumber = index.extensionNumbers(baseTypeName);
      if (extensionNumber === undefined) return notFound(`type "${shorten(baseTypeName)}"`);
      return { case: "allExtensionNumbersResponse", value: { baseTypeName, extensionNumber } };
    }
    case "listServices": {
      const service = services.map((name) => ({ name }));
      return { case: "listServicesResponse", value: { service } };
    }
    default:
      throw new ConnectError("message_request is not set", Code.InvalidArgument);
  }
}

function notFound(what: string): Answer {
  const value = { errorCode: Code.NotFound, errorMessage: `unknown ${what}` };
  return { case: "errorResponse", value };
}

function shorten(name: string): string {
  // The cut may have halved a surrogate pair, which cannot be encoded.
  return name.slice(0, MAX_SHOWN_NAME).toWellFormed();
}
