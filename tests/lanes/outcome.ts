/**
 * All that came of a call, with its client, its handler and the log, and all that was to come of it.
 *
 * @module
 */

import type { LogRecord } from "@logtape/logtape";
import type { Answer, Expected, Scenario } from "./scenario.ts";
import type { Way } from "./ways.ts";

/** What is compared. */
export interface Outcome extends Omit<Answer, "wire"> {
  /** What the handler and the interceptors noted. */
  readonly notes: readonly string[];
  /** Lines of the access log. */
  readonly access: readonly string[];
  /** What else the log has of the call: level and error. */
  readonly logged: readonly string[];
}

/** Puts together what came of a call. */
export function outcomeOf(
  { wire: _, header, trailer, ...answer }: Answer,
  records: readonly LogRecord[],
  notes: readonly string[],
): Outcome {
  return {
    ...answer,
    ...metadataOf(answer.code, header, trailer),
    notes: [...notes],
    access: inCategory(records, "access").map(({ properties: { method, code, protocol } }) =>
      `${method} ${code} ${protocol}`
    ),
    logged: inCategory(records, "call").map(({ level, properties: { error } }) =>
      `${level} ${error instanceof Error ? error.message : error}`
    ),
  };
}

/** Those of one of the kit's loggers. */
export function inCategory(records: readonly LogRecord[], name: string): LogRecord[] {
  return records.filter(({ category }) => category[1] === name);
}

/**
 * Puts together what was to come of a call.
 *
 * @param answer What came, for what is left open.
 */
export function expectedOutcome(
  expected: Expected,
  { call: { kind, path } }: Scenario,
  { protocol, client }: Way,
  answer: Answer,
): Outcome {
  const { code = "ok", header = {}, trailer = {}, details = [], notes = [], logged = [] } =
    expected;
  const { parent, name } = kind.method;
  return {
    code,
    message: messageOf(expected, answer),
    details,
    replies: repliesOf(expected, client, answer),
    ...metadataOf(code, header, trailer),
    ...(answer.encoding !== undefined && { encoding: expected.encoding ?? answer.encoding }),
    notes,
    access: [`${path ?? `/${parent.typeName}/${name}`} ${code} ${protocol}`],
    logged,
  };
}

function messageOf({ message = "" }: Expected, answer: Answer): string {
  if (typeof message === "string") return message;
  return message.test(answer.message) ? answer.message : String(message);
}

/** Clients of others may drop messages that come together with an error. */
function repliesOf(
  { code = "ok", replies = [] }: Expected,
  client: Way["client"],
  { replies: received }: Answer,
): readonly string[] {
  if (replies === "any") return received;
  const mayDrop = client !== "wire" && code !== "ok";
  return mayDrop ? replies.slice(0, received.length) : replies;
}

/** Clients have one place for the metadata of an error, and a call that they leave has none. */
function metadataOf(
  code: string,
  header: Readonly<Record<string, string>>,
  trailer: Readonly<Record<string, string>>,
): Pick<Outcome, "header" | "trailer"> {
  if (code === "ok") return { header: { ...header }, trailer: { ...trailer } };
  if (code === "canceled") return { header: {}, trailer: {} };
  return { header: {}, trailer: { ...header, ...trailer } };
}
