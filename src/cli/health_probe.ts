/**
 * What `health` does: one question, and what its answer means.
 *
 * @module
 */

import { connectProbe, failureOf, HEALTH_EXIT, type HealthQuestion } from "./health_question.ts";
import { CallError } from "./probe_connection.ts";
import { decodeHealthStatus } from "./probe_messages.ts";

const CHECK = "/grpc.health.v1.Health/Check";
const SERVING = "SERVING";

/**
 * Asks, and prints the answer.
 *
 * @returns The exit code.
 */
export async function probeHealth(question: HealthQuestion): Promise<number> {
  try {
    const status = await check(question);
    console.log(status);
    return status === SERVING ? HEALTH_EXIT.serving : HEALTH_EXIT.notServing;
  } catch (error) {
    return failureOf(error, question);
  }
}

async function check(question: HealthQuestion): Promise<string> {
  const { signal } = new AbortController();
  await using connection = await connectProbe(question, signal);
  let status: string | undefined;
  await connection.call({
    path: CHECK,
    request: question.request,
    timeoutMs: question.timeoutMs,
    signal,
    onReply: (message) => status = decodeHealthStatus(message),
  });
  if (status === undefined) throw new CallError("INTERNAL", "the server sent no answer");
  return status;
}
