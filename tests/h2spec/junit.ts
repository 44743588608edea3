/**
 * What h2spec found, read from the JUnit file that it writes.
 *
 * @module
 */

/** How a case ended. */
export type Outcome = "passed" | "failed" | "skipped";

/** One case of h2spec. */
export interface Case {
  /** Section and number in it, as on h2spec's command line: `http2/5.1/8`. */
  readonly id: string;
  readonly title: string;
  readonly outcome: Outcome;
}

const CASE = /<testcase package="([^"]*)" classname="([^"]*)"[^>]*>([^]*?)<\/testcase>/g;
const ENTITIES: Readonly<Record<string, string>> = {
  "&#34;": '"',
  "&#39;": "'",
  "&lt;": "<",
  "&gt;": ">",
  "&amp;": "&",
};

/** Reads all cases. Their numbers are their places in their section, as it was run as a whole. */
export function readCases(junit: string): Case[] {
  const seen = new Map<string, number>();
  return Array.from(junit.matchAll(CASE), ([, section, title, body]) => {
    const number = (seen.get(section!) ?? 0) + 1;
    seen.set(section!, number);
    return {
      id: `${section}/${number}`,
      title: title!.replaceAll(/&[^;]+;/g, (entity) => ENTITIES[entity] ?? entity),
      outcome: outcomeOf(body!),
    };
  });
}

function outcomeOf(body: string): Outcome {
  if (body.includes("<skipped>")) return "skipped";
  return body.trim() === "" ? "passed" : "failed";
}
