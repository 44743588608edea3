/**
 * What tests of tools came to, read from JUnit's XML, and as a table. Titles tell what was called:
 * `<tool> over <port>, <what>`, or `<tool> over <port>` with steps, each of them something called. A
 * step may end in `, by ...` or `, with ...`, which varies it.
 *
 * @module
 */

import type { Table } from "../support/report.ts";

/** One thing that was called. */
export interface Result {
  readonly tool: string;
  readonly port: string | undefined;
  readonly what: string;
  readonly passed: boolean;
}

interface TestCase {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "ignored";
}

const STEP = " > ";
const TEST_CASE = /<testcase name="([^"]*)"[^>]*>([^]*?)<\/testcase>/g;
const ENTITIES: Record<string, string> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
  "&amp;": "&",
};

/** Reads the results of tests whose titles begin with one of these tools. */
export function readResults(junit: string, tools: readonly string[]): Result[] {
  const cases = Array.from(
    junit.matchAll(TEST_CASE),
    ([, name, content]) => toTestCase(name!, content!),
  );
  return cases
    // What is called on all ports goes first; JUnit lists tests before steps.
    .toSorted((a, b) => Number(b.name.includes(STEP)) - Number(a.name.includes(STEP)))
    .filter((test) => test.outcome !== "ignored" && !isToldBySteps(test, cases))
    .map(({ name, outcome }) => ({ ...readTitle(name, tools), passed: outcome === "passed" }));
}

/**
 * A row for each thing that was called, with the ports over which it was, and what came of it in each
 * run.
 *
 * @param runs Results by the names of runs.
 */
export function toTable(
  runs: ReadonlyMap<string, readonly Result[]>,
  versions: Readonly<Record<string, string>>,
): Table {
  const keyOf = ({ tool, what }: Result) => `${tool}\n${what}`;
  const groups = Map.groupBy([...runs.values()].flat(), keyOf);
  return {
    head: [
      ...["Tool", "Version", "Over", "What"],
      ...Array.from(runs.keys(), (name) => `Passed: ${name}`),
    ],
    rows: Array.from(groups, ([key, group]) => {
      const [{ tool, what }] = group as [Result];
      const ports = [...new Set(group.map(({ port }) => port ?? ""))].filter(Boolean);
      const counts = Array.from(runs.values(), (results) => {
        const own = results.filter((result) => keyOf(result) === key);
        if (own.length === 0) return "";
        return `${own.filter(({ passed }) => passed).length} of ${own.length}`;
      });
      return [tool, versions[tool]!, ports.join(", "), what, ...counts];
    }),
  };
}

function toTestCase(name: string, content: string): TestCase {
  const outcome = content.includes("<skipped")
    ? "ignored"
    : content.includes("<failure")
    ? "failed"
    : "passed";
  return { name: name.replace(/&\w+;/g, (entity) => ENTITIES[entity] ?? entity), outcome };
}

/** A test with steps counts by itself only if it failed, and none of them did. */
function isToldBySteps({ name, outcome }: TestCase, cases: readonly TestCase[]): boolean {
  const steps = cases.filter((each) => each.name.startsWith(name + STEP));
  if (steps.length === 0) return false;
  return outcome === "passed" || steps.some(({ outcome }) => outcome === "failed");
}

function readTitle(title: string, tools: readonly string[]): Omit<Result, "passed"> {
  const tool = tools.find((each) => title.startsWith(`${each} `)) ?? tools[0]!;
  const [test, ...steps] = title.split(STEP);
  const port = /,? over ([^,]*)/.exec(test!);
  const rest = test!.startsWith(tool) ? test!.slice(tool.length) : test!;
  const own = rest.replace(port?.[0] ?? "", "").replace(/^,? /, "");
  const what = steps.at(-1)?.replace(/, (?:by|with) [^,]*$/, "") ?? own;
  return { tool, port: port?.[1], what: what === "" ? "starts and stops" : what };
}
