/**
 * What `call` does: lists what there is, or calls a method and prints its replies.
 *
 * @module
 */

import { ConfigError } from "../config_error.ts";
import type { Protocol } from "../context.ts";
import { ConnectError, type DescMethod } from "../deps.ts";
import { type CallConnection, createCallConnection } from "./call_connection.ts";
import { codeName, describeFailure, exitCodeOf } from "./call_failure.ts";
import { readRequests } from "./call_requests.ts";
import { CallTrace } from "./call_trace.ts";
import {
  type ClientFlagValues,
  readDuration,
  readTarget,
  type ServerTarget,
  tlsHint,
} from "./client_flags.ts";
import { EXIT } from "./command.ts";
import { escapeText } from "./escape.ts";
import { findMethod } from "./find_method.ts";
import { type ReplyFormat, toReplyText } from "./json_reply.ts";
import { OutputClosedError, printReply } from "./print_reply.ts";
import { NoReflectionError, ReflectionSource } from "./reflection_source.ts";
import { ServerTypes } from "./server_types.ts";
import { describeService } from "./signatures.ts";
import { styleOf } from "./style.ts";
import { loadSchema } from "./type_source.ts";
import { withStopSignals } from "./with_stop_signals.ts";

/** What was given for the flags of `call`. */
export interface CallFlagValues extends ClientFlagValues {
  readonly schema?: string | undefined;
  readonly protocol?: string | undefined;
  readonly timeout?: string | undefined;
  readonly "connect-timeout"?: string | undefined;
  readonly "max-receive-bytes"?: string | undefined;
  readonly "emit-defaults"?: boolean | undefined;
  readonly pretty?: boolean | undefined;
  readonly verbose?: boolean | undefined;
}

/** The arguments of `call`. */
export interface CallArguments {
  readonly address: string;
  readonly method: string | undefined;
  readonly requests: readonly string[];
}

const DEFAULT_RECEIVE_BYTES = "4194304";
/** What the client says of a connection that ended, and did not tell why. */
const BROKE_OFF = "the connection broke off";
/** How long one question of reflection may take, unless the call is to take less. */
const REFLECTION_MS = 10_000;
/** As shells have it: 128 and the number of the signal. */
const SIGNAL_EXIT: Readonly<Record<string, number>> = { SIGINT: 130, SIGTERM: 143 };

/** A reply cannot be printed. */
class ReplyError extends Error {}

/**
 * Runs the command.
 *
 * @returns The exit code.
 * @throws {ConfigError} If a flag or an argument cannot be used.
 */
export async function runCall(values: CallFlagValues, args: CallArguments): Promise<number> {
  return await withStopSignals(async (signal) => {
    try {
      return await work(values, args, signal);
    } catch (error) {
      if (signal.aborted) return SIGNAL_EXIT[signal.reason] ?? EXIT.failed;
      if (error instanceof OutputClosedError) return EXIT.failed;
      // Some of it may be what the server sent.
      const message = escapeText((error as Error).message);
      if (error instanceof ConfigError) throw new ConfigError(message, { cause: error });
      if (!(error instanceof NoReflectionError || error instanceof ReplyError)) throw error;
      console.error(message);
      return EXIT.failed;
    }
  });
}

/** All that a call has to do with. */
interface Session {
  readonly values: CallFlagValues;
  readonly signal: AbortSignal;
  readonly target: ServerTarget;
  readonly protocol: Protocol;
  readonly timeoutMs: number;
  readonly connection: CallConnection;
  readonly types: ServerTypes;
}

async function work(
  values: CallFlagValues,
  { address, method: name, requests }: CallArguments,
  signal: AbortSignal,
): Promise<number> {
  const { schema, protocol = "grpc", timeout } = values;
  const timeoutMs = timeout === undefined ? Infinity : readDuration("timeout", timeout);
  const target = await readTarget(address, values);
  await using connection = createCallConnection(target, {
    protocol: protocol as Protocol,
    connectTimeoutMs: readDuration("connect-timeout", values["connect-timeout"] ?? "10s"),
    maxReceiveBytes: readBytes(values["max-receive-bytes"] ?? DEFAULT_RECEIVE_BYTES),
  });
  const source = schema === undefined
    ? new ReflectionSource(connection, { signal, timeoutMs: Math.min(REFLECTION_MS, timeoutMs) })
    : await loadSchema(schema);
  const types = new ServerTypes(source);
  const session: Session = {
    ...{ values, signal, target, timeoutMs, connection, types },
    protocol: protocol as Protocol,
  };
  try {
    if (name === undefined) {
      for (const each of await source.services()) console.log(escapeText(each));
      return EXIT.ok;
    }
    const found = await findMethod(name, source, types);
    if (found.kind === "rpc") return await callMethod(found, requests, session);
    for (const line of describeService(found, styleOf(Deno.stdout))) console.log(line);
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof ConnectError) || signal.aborted) throw error;
    const lines = await describeFailure(error, types, styleOf(Deno.stderr));
    if (error.rawMessage === BROKE_OFF) lines[0] += tlsHint(target);
    console.error(lines.join("\n"));
    return exitCodeOf(error);
  }
}

async function callMethod(
  method: DescMethod,
  args: readonly string[],
  session: Session,
): Promise<number> {
  const { values, signal, target, protocol, timeoutMs, connection, types } = session;
  const trace = new CallTrace(values.verbose ?? false);
  let inputError: unknown;
  async function* requests() {
    try {
      yield* trace.requests(readRequests(method, args, types));
    } catch (error) {
      // The client would make an error of the call of it.
      inputError = error;
      throw error;
    }
  }
  trace.begin(target, protocol, method);
  try {
    const replies = connection.call(method, {
      requests: requests(),
      timeoutMs,
      signal,
      onHeader: (fields) => trace.fields("header", fields),
      onTrailer: (fields) => trace.fields("trailers", fields),
    });
    for await (const reply of replies) {
      trace.reply();
      await printReply(await textOf(method, reply, session));
    }
    trace.end("OK");
    return EXIT.ok;
  } catch (error) {
    if (error instanceof ConnectError) trace.end(codeName(error.code));
    throw inputError ?? error;
  }
}

async function textOf(
  { output }: DescMethod,
  reply: Parameters<typeof toReplyText>[1],
  { values, types }: Session,
): Promise<string> {
  const format: ReplyFormat = {
    isPretty: values.pretty ?? Deno.stdout.isTerminal(),
    hasDefaults: values["emit-defaults"] ?? false,
  };
  const onUnknown = (typeName: string) =>
    console.error(
      `The type ${escapeText(typeName)} in a google.protobuf.Any is not known: ` +
        "what it holds is left out",
    );
  try {
    return await toReplyText(output, reply, { types, format, onUnknown });
  } catch (cause) {
    if (cause instanceof ConnectError || cause instanceof ConfigError) throw cause;
    throw new ReplyError(`Cannot print a reply: ${(cause as Error).message}`, { cause });
  }
}

function readBytes(text: string): number {
  const bytes = Number(text);
  if (/^\d+$/.test(text) && bytes >= 1 && bytes <= 0xffff_ffff) return bytes;
  throw new ConfigError(
    `Cannot use "${text}" for --max-receive-bytes: a whole number from 1 to 4294967295`,
  );
}
