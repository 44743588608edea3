/**
 * `health --watch`: prints each change of a server's health, until it is told to stop.
 *
 * @module
 */

import { formatDuration } from "../duration.ts";
import { CallError, type ProbeConnection } from "./probe_connection.ts";
import { connectProbe, failureOf, type HealthQuestion, pause } from "./health_question.ts";
import { decodeHealthStatus } from "./probe_messages.ts";
import { withStopSignals } from "./with_stop_signals.ts";

const WATCH = "/grpc.health.v1.Health/Watch";
const UNREACHABLE = "UNREACHABLE";
const FIRST_DELAY_MS = 1000;
const MAX_DELAY_MS = 30_000;
/** So that not all who watch come back at once. */
const JITTER = 0.2;

/** Watches, with or without an end when the connection breaks. Returns the exit code. */
export async function watchHealth(question: HealthQuestion, reconnects: boolean): Promise<number> {
  const print = changePrinter();
  return await withStopSignals(async (signal) => {
    let delayMs = FIRST_DELAY_MS;
    while (true) {
      let code: number;
      try {
        await watchOnce(question, signal, (status) => {
          delayMs = FIRST_DELAY_MS;
          print(status);
        });
        throw new CallError("UNAVAILABLE", "the server ended the call");
      } catch (error) {
        if (signal.aborted) return 0;
        code = failureOf(error, question);
        // The next one would say the same.
        const isFinal = error instanceof CallError && error.code === "UNIMPLEMENTED";
        if (!reconnects || isFinal) return code;
      }
      print(UNREACHABLE);
      await pause(delayMs * (1 + JITTER * (Math.random() * 2 - 1)), signal);
      delayMs = Math.min(delayMs * 2, MAX_DELAY_MS);
    }
  });
}

async function watchOnce(
  question: HealthQuestion,
  signal: AbortSignal,
  onStatus: (status: string) => void,
): Promise<void> {
  await using connection: ProbeConnection = await connectProbe(question, signal);
  const late = new AbortController();
  // The server is told no timeout: it is the first answer's alone.
  const timer = setTimeout(() => late.abort(), Math.min(question.timeoutMs, 0x7fff_ffff));
  try {
    await connection.call({
      path: WATCH,
      request: question.request,
      timeoutMs: Infinity,
      signal: AbortSignal.any([signal, late.signal]),
      onReply(message) {
        clearTimeout(timer);
        onStatus(decodeHealthStatus(message));
      },
    });
  } catch (error) {
    if (!late.signal.aborted) throw error;
    throw new CallError(
      "DEADLINE_EXCEEDED",
      `no answer within ${formatDuration(question.timeoutMs)}`,
    );
  } finally {
    clearTimeout(timer);
  }
}

/** Prints a status with the time, unless it is what was printed last. */
function changePrinter(): (status: string) => void {
  let last: string | undefined;
  return (status) => {
    if (status === last) return;
    last = status;
    console.log(`${new Date().toISOString()} ${status}`);
  };
}
