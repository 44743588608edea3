/**
 * The descriptors of a server's types by its reflection
 * (https://github.com/grpc/grpc/blob/master/doc/server-reflection.md), in the version that it has.
 *
 * @module
 */

import { ConfigError } from "../config_error.ts";
import {
  Code,
  ConnectError,
  create,
  type DescMethod,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  fromBinary,
  type MessageInitShape,
} from "../deps.ts";
import {
  ServerReflection,
  type ServerReflectionRequestSchema,
  type ServerReflectionResponse,
} from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionAlpha } from "../../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import type { CallConnection, OutgoingCall } from "./call_connection.ts";
import type { TypeSource } from "./type_source.ts";

type Question = NonNullable<
  MessageInitShape<typeof ServerReflectionRequestSchema>["messageRequest"]
>;
type Answer = ServerReflectionResponse["messageResponse"];

/** The newest first. Their messages are the same, save for their names. */
const VERSIONS: readonly DescMethod[] = [
  ServerReflection.method.serverReflectionInfo,
  ServerReflectionAlpha.method.serverReflectionInfo,
];

const MISSING = "the server has no reflection: switch it on, with the kit by " +
  "app.run({ reflection: true }), or give --schema=<file>";

/** The server has no reflection. */
export class NoReflectionError extends Error {
  override readonly name = "NoReflectionError";
}

/** The reflection of a server. A question is a stream of its own, so that none waits for another. */
export class ReflectionSource implements TypeSource {
  readonly name = "the server's reflection";
  readonly #connection: CallConnection;
  readonly #call: Omit<OutgoingCall, "requests">;
  #versions = VERSIONS;

  constructor(connection: CallConnection, call: Omit<OutgoingCall, "requests">) {
    this.#connection = connection;
    this.#call = call;
  }

  async services(): Promise<string[]> {
    const answer = await this.#ask({ case: "listServices", value: "*" });
    if (answer.case !== "listServicesResponse") throw new ConnectError(tell(answer), Code.Internal);
    return answer.value.service.map(({ name }) => name).sort();
  }

  filesOfSymbol(name: string): Promise<FileDescriptorProto[]> {
    return this.#askFiles({ case: "fileContainingSymbol", value: name });
  }

  filesOfExtension(
    containingType: string,
    extensionNumber: number,
  ): Promise<FileDescriptorProto[]> {
    const value = { containingType, extensionNumber };
    return this.#askFiles({ case: "fileContainingExtension", value });
  }

  filesOfName(name: string): Promise<FileDescriptorProto[]> {
    return this.#askFiles({ case: "fileByFilename", value: name });
  }

  /** What is not known is an error in the answer, whose code is not the same everywhere. */
  async #askFiles(question: Question): Promise<FileDescriptorProto[]> {
    const answer = await this.#ask(question);
    if (answer.case !== "fileDescriptorResponse") return [];
    try {
      return answer.value.fileDescriptorProto.map((bytes) =>
        fromBinary(FileDescriptorProtoSchema, bytes)
      );
    } catch (cause) {
      throw new ConfigError(`Cannot read what the server's reflection sent: ${cause}`, { cause });
    }
  }

  async #ask(messageRequest: Question): Promise<Answer> {
    while (true) {
      const [method, ...others] = this.#versions;
      try {
        const replies = this.#connection.call(method!, {
          ...this.#call,
          requests: once(create(method!.input, { messageRequest } as never)),
        });
        let answer: Answer | undefined;
        for await (const reply of replies) {
          answer ??= (reply as ServerReflectionResponse).messageResponse;
        }
        this.#versions = [method!];
        return answer ?? { case: undefined };
      } catch (error) {
        if (!(error instanceof ConnectError) || error.code !== Code.Unimplemented) throw error;
        if (others.length === 0) throw new NoReflectionError(MISSING, { cause: error });
        this.#versions = others;
      }
    }
  }
}

async function* once<T>(item: T): AsyncGenerator<T> {
  yield await Promise.resolve(item);
}

function tell({ case: kind, value }: Answer): string {
  if (kind === "errorResponse") return `reflection failed: ${value.errorMessage}`;
  return "reflection gave another answer than was asked for";
}
