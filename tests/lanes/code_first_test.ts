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
import { VALIDATION } from "./scenarios_validation.ts";

/** The rows of the generated service, which hold for the one in code as they are. */
const ROWS = [
  ...MESSAGES,
  ...METADATA,
  ...ERRORS,
  ...ENDINGS,
  ...COMPRESSION,
  ...BODIES,
  ...DEADLINES,
  ...INTERCEPTORS,
  ...SHORT_CIRCUITS,
];

/** But for these, as replies are validated before they are encoded. */
const DIFFERENT: Readonly<Record<string, Partial<Scenario>>> = {
  "a reply that does not fit shows in the log alone": invalidReply(
    "message: Invalid input: expected string, received number",
  ),
  "a reply that is missing is an empty one": invalidReply(
    "Invalid input: expected object, received undefined",
  ),
  "a handler's own status among the trailers counts, also in the log": {
    handlers: {
      sayHello: (_, { responseTrailers }) => {
        responseTrailers.set("grpc-status", "5");
        responseTrailers.set("grpc-message", "no%20such");
        return { message: "" };
      },
    },
  },
};

function invalidReply(why: string): Partial<Scenario> {
  const logged = [`error Invalid reply of /greeter.v1.Greeter/SayHello: ${why}`];
  return { expect: { code: "internal", message: "internal error", logged } };
}

for (const row of [...ROWS, ...VALIDATION]) {
  testScenario({ ...row, ...DIFFERENT[row.what] }, "code-first");
}
