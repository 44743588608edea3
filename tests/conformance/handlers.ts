/**
 * The handlers of the conformance suite's service: each answers as its request says, and echoes what
 * the server has seen of the request. The suite's `docs/testing_servers.md` has the rules.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import type { Message, MessageInitShape } from "@bufbuild/protobuf";
import type { GenMessage } from "@bufbuild/protobuf/codegenv2";
import { type Any, anyPack } from "@bufbuild/protobuf/wkt";
import {
  Code,
  ConnectError,
  createContextKey,
  type Interceptor,
  type ServiceContext,
  type ServiceImplementation,
} from "@fastgrpc/fastgrpc";
import type {
  ConformanceApi,
  ConformanceService,
  ErrorDefinition,
  Field,
  RequestInfo,
  StreamDefinition,
  UnaryDefinition,
} from "./api.ts";

const QUERY = createContextKey<URLSearchParams | undefined>(undefined);

type Fields = MessageInitShape<GenMessage<Field>>[];
type Info = MessageInitShape<GenMessage<RequestInfo>>;

/** Keeps the query of a GET for its handler, which is not shown it otherwise. */
export const rememberQuery: Interceptor = (next) => (request) => {
  if (request.requestMethod === "GET") {
    request.contextValues.set(QUERY, new URL(request.url).searchParams);
  }
  return next(request);
};

/** Makes the handlers. */
export function conformanceHandlers(
  { requestInfo }: ConformanceApi,
): ServiceImplementation<ConformanceService> {
  async function answerOne(
    definition: UnaryDefinition | undefined,
    seen: Any[],
    context: ServiceContext,
  ) {
    setFields(definition, context);
    await pause(definition, context);
    const info = infoOf(context, seen);
    const response = definition?.response;
    if (response?.case === "error") throw toConnectError(response.value, info);
    return {
      payload: { requestInfo: info, ...(response?.value && { data: response.value }) },
    };
  }

  /** Sends what is left to send, and the error if there is one. */
  async function* answerRest(
    definition: StreamDefinition | undefined,
    seen: Any[],
    context: ServiceContext,
    sent = 0,
  ) {
    for (; sent < (definition?.responseData.length ?? 0); sent++) {
      await pause(definition, context);
      const info = sent === 0 ? { requestInfo: infoOf(context, seen) } : {};
      yield { payload: { data: definition!.responseData[sent]!, ...info } };
    }
    if (definition?.error === undefined) return;
    throw toConnectError(definition.error, sent === 0 ? infoOf(context, seen) : undefined);
  }

  function toConnectError(error: ErrorDefinition, info: Info | undefined): ConnectError {
    const result = new ConnectError(error.message ?? "", error.code);
    result.details = error.details.map(({ typeUrl, value }) => ({
      type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1),
      value: value as Uint8Array<ArrayBuffer>,
    }));
    if (info !== undefined) result.details.push({ desc: requestInfo, value: info });
    return result;
  }

  return {
    unary: (request, context) =>
      answerOne(request.responseDefinition, [pack(request, context)], context),
    idempotentUnary: (request, context) =>
      answerOne(request.responseDefinition, [pack(request, context)], context),
    unimplemented: (_, context) => context.abort(Code.Unimplemented, "not implemented"),
    async clientStream(requests, context) {
      let definition: UnaryDefinition | undefined;
      const seen: Any[] = [];
      for await (const request of requests) {
        if (seen.length === 0) definition = request.responseDefinition;
        seen.push(pack(request, context));
      }
      return await answerOne(definition, seen, context);
    },
    async *serverStream(request, context) {
      setFields(request.responseDefinition, context);
      yield* answerRest(request.responseDefinition, [pack(request, context)], context);
    },
    async *bidiStream(requests, context) {
      let first: { responseDefinition?: StreamDefinition; fullDuplex: boolean } | undefined;
      let sent = 0;
      let seen: Any[] = [];
      for await (const request of requests) {
        if (first === undefined) setFields(request.responseDefinition, context);
        first ??= request;
        seen.push(pack(request, context));
        if (!first.fullDuplex) continue;
        const data = first.responseDefinition?.responseData[sent];
        if (data === undefined) break;
        await pause(first.responseDefinition, context);
        const info = sent === 0 ? infoOf(context, seen) : { requests: seen };
        yield { payload: { data, requestInfo: info } };
        sent++;
        seen = [];
      }
      yield* answerRest(first?.responseDefinition, seen, context, sent);
    },
  };
}

function setFields(
  definition: UnaryDefinition | StreamDefinition | undefined,
  { responseHeaders, responseTrailers }: ServiceContext,
): void {
  appendTo(responseHeaders, definition?.responseHeaders ?? []);
  appendTo(responseTrailers, definition?.responseTrailers ?? []);
}

function appendTo(headers: Headers, fields: readonly Field[]): void {
  for (const { name, value } of fields) for (const each of value) headers.append(name, each);
}

async function pause(
  definition: UnaryDefinition | StreamDefinition | undefined,
  { signal }: ServiceContext,
): Promise<void> {
  const ms = definition?.responseDelayMs ?? 0;
  if (ms > 0) await delay(ms, undefined, { signal });
}

function infoOf(context: ServiceContext, requests: Any[]): Info {
  // What is left alone would tell how busy the machine is, and the runner forgives half a second.
  const elapsed = context.elapsedTime;
  const seconds = elapsed + context.timeRemaining();
  const query = context.values.get(QUERY);
  return {
    requestHeaders: toFields(context.metadata),
    requests,
    ...(seconds !== Infinity && { timeoutMs: BigInt(Math.floor(seconds * 1000)) }),
    ...(query && { connectGetInfo: { queryParams: toFields(query) } }),
  };
}

function toFields(entries: Headers | URLSearchParams): Fields {
  return [...entries].map(([name, value]) => ({ name, value: [value] }));
}

function pack(request: Message, { method }: ServiceContext): Any {
  return anyPack(method.input, request);
}
