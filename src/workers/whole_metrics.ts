/**
 * The metrics of several workers as those of one server: each sample has a label that says whose it is.
 *
 * @module
 */

/** The metrics of a worker in Prometheus' text format. */
export interface WorkerMetrics {
  /** Which worker it is. */
  readonly number: number;
  readonly text: string;
}

interface Family {
  /** What it is, as the first one has it. */
  readonly comments: string[];
  readonly samples: string[];
}

const COMMENT = /^# (?:HELP|TYPE|UNIT) (\S+)/;
const SAMPLE = /^([A-Za-z_:][\w:]*)(\{)?/;

/** Puts metrics together. Samples of one name have to stand together, whoever they are of. */
export function mergeMetrics(all: readonly WorkerMetrics[]): string {
  const families = new Map<string, Family>();
  for (const { number, text } of all) {
    const seen = new Set(families.keys());
    let family: Family | undefined;
    for (const line of text.split("\n")) {
      const name = COMMENT.exec(line)?.[1];
      if (name !== undefined) {
        family = getOrMake(families, name);
        if (!seen.has(name)) family.comments.push(line);
      } else if (SAMPLE.test(line)) {
        // One without a comment is a family by itself.
        family ??= getOrMake(families, SAMPLE.exec(line)![1]!);
        family.samples.push(withLabel(line, number));
      }
    }
  }
  const lines = [...families.values()].flatMap((
    { comments, samples },
  ) => [...comments, ...samples]);
  return lines.map((line) => `${line}\n`).join("");
}

function getOrMake(families: Map<string, Family>, name: string): Family {
  const family = families.get(name) ?? { comments: [], samples: [] };
  families.set(name, family);
  return family;
}

function withLabel(line: string, number: number): string {
  const label = `worker="${number}"`;
  return line.replace(
    SAMPLE,
    (_, name: string, brace?: string) =>
      brace === undefined ? `${name}{${label}}` : `${name}{${label}${hasLabels(line) ? "," : ""}`,
  );
}

function hasLabels(line: string): boolean {
  return line[line.indexOf("{") + 1] !== "}";
}
