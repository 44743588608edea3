/**
 * Runs a row of the behaviour matrix in all the ways that there are for it, and compares what came of
 * each: with what the row says, and, where the wire is written by hand, one lane with the other.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { LogRecord } from "@logtape/logtape";
import type { Protocol } from "../../mod.ts";
import { captureLog } from "../support/captured_log.ts";
import { addCodeGreeter } from "../support/code_greeter.ts";
import { serveGreeter } from "../support/greeter.ts";
import { eventually } from "../support/waiting.ts";
import { handlersOf, watched } from "./handlers.ts";
import { expectedOutcome, inCategory, outcomeOf } from "./outcome.ts";
import type { Answer, Expected, Handled, Scenario } from "./scenario.ts";
import { type Way, WAYS } from "./ways.ts";

/** How long a handler may take to note how its call ended. */
const NOTES_MS = 1000;
const MAX_TRIES = 5;
/** After how long a call fails its test that has no end. */
const CALL_MS = 10_000;

/** Makes a test of a row, with the service generated or in code. */
export function testScenario(
  scenario: Scenario,
  kind: "generated" | "code-first" = "generated",
): void {
  const title = kind === "generated" ? "both lanes" : "both lanes, code-first";
  Deno.test(`${title}: ${scenario.what}`, async (t) => {
    const notes: string[] = [];
    const served: string[] = [];
    const wires: unknown[] = [];
    const note = (text: string) => void notes.push(text);
    await using log = await captureLog();
    await using greeter = await serveGreeter({
      app: scenario.app ?? {},
      service: scenario.service ?? {},
      handlers: watched(
        { ...handlersOf(scenario.handle ?? greet, note), ...scenario.handlers },
        served,
      ),
      ...(kind === "code-first" && {
        add: (app, handlers, options) => addCodeGreeter(app, handlers, options, scenario.schemas),
      }),
      prepare: (app) => scenario.interceptors?.(note).forEach((each) => app.use(each)),
    });
    const callOnce = async (
      way: Way,
      expected: Expected,
    ): Promise<[Answer, readonly LogRecord[]]> => {
      notes.length = served.length = 0;
      const before = log.records.length;
      const records = () => log.records.slice(before);
      const answer = await bounded(way.call(greeter, scenario.call, notes));
      // They come when the stream is closed, which may be after the client has its answer.
      await eventually("the access line", () => inCategory(records(), "access").length > 0);
      // If they do not come, the comparison tells more than an error here would.
      const awaited = expected.notes?.length ?? 0;
      await eventually("notes", () => notes.length >= awaited, NOTES_MS).catch(() => {});
      return [answer, records()];
    };
    for (const way of WAYS) {
      const expected = expectedOf(scenario, way.protocol);
      if (expected === undefined || !way.takes(scenario.call)) continue;
      await t.step(way.name, async () => {
        let [answer, records] = await callOnce(way, expected);
        // A busy machine may let a deadline pass before there is a handler to see it.
        for (
          let tries = 1;
          isHandled(expected) && served.length === 0 && tries < MAX_TRIES;
          tries++
        ) {
          [answer, records] = await callOnce(way, expected);
        }
        assertEquals(
          outcomeOf(answer, records, notes),
          expectedOutcome(expected, scenario, way, answer),
        );
        // It is the lane that it was to be, wherever a handler was reached.
        assertEquals(served, served.map(() => way.lane));
        const isWhole = scenario.call.cancel === undefined && way.protocol === "grpc";
        if (isWhole && answer.wire !== undefined) wires.push(answer.wire);
      });
    }
    // Trailers may come in the header, if nothing else does: no more than that is left open.
    if (wires.length === 2) assertEquals(wires[1], wires[0], "the lanes differ on the wire");
  });
}

async function bounded<T>(call: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer in ${CALL_MS} ms`)), CALL_MS);
  try {
    return await Promise.race([call, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function* greet({ names }: Handled): AsyncGenerator<string> {
  for await (const name of names) yield `Hello ${name}`;
}

function expectedOf({ expect = {}, differs }: Scenario, protocol: Protocol): Expected | undefined {
  const difference = differs?.[protocol];
  if (difference === undefined) return expect;
  return difference.expect && { ...expect, ...difference.expect };
}

/** Whether a handler is to be reached by a call that its deadline ends. */
function isHandled({ code, notes = [], replies = [] }: Expected): boolean {
  return code === "deadline_exceeded" && notes.length + replies.length > 0;
}
