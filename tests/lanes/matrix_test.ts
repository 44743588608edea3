import { testScenario } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { BODIES } from "./scenarios_bodies.ts";
import { COMPRESSION } from "./scenarios_compression.ts";
import { DEADLINES } from "./scenarios_deadlines.ts";
import { ENDINGS } from "./scenarios_endings.ts";
import { ERRORS } from "./scenarios_errors.ts";
import { INTERCEPTORS } from "./scenarios_interceptors.ts";
import { MESSAGES } from "./scenarios_messages.ts";
import { METADATA } from "./scenarios_metadata.ts";
import { SHORT_CIRCUITS } from "./scenarios_short_circuits.ts";

const WITHOUT_INTERCEPTORS = [
  ...MESSAGES,
  ...METADATA,
  ...ERRORS,
  ...ENDINGS,
  ...COMPRESSION,
  ...BODIES,
];

for (
  const scenario of [...WITHOUT_INTERCEPTORS, ...DEADLINES, ...INTERCEPTORS, ...SHORT_CIRCUITS]
) testScenario(scenario);

// The gRPC lane has code of its own for calls with interceptors. Requests that are left open take
// their time, and are read in the same way.
for (const scenario of WITHOUT_INTERCEPTORS.filter(({ call }) => !call.keepOpen)) {
  testScenario(throughInterceptor(scenario));
}

/** The same as gRPC alone, through an interceptor that does nothing. */
function throughInterceptor(scenario: Scenario): Scenario {
  const { what, call } = scenario;
  const done = { why: "it has been run already, and has one way for both" };
  return {
    ...scenario,
    what: `${what}, through an interceptor`,
    interceptors: () => [(next) => (request) => next(request)],
    call: { ...call, wire: call.wire ?? {} },
    differs: { "grpc-web": done, "connect": done },
  };
}
