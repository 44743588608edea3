/**
 * Prometheus' text format, version 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/), read strictly.
 *
 * @module
 */

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = `[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"`;
const SAMPLE = new RegExp(`^(${NAME})(\\{${LABEL}(?:,${LABEL})*\\})? ([0-9.e+-]+|\\+Inf|NaN)$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`);
const HELP = new RegExp(`^# HELP (${NAME}) .+$`);

/**
 * The values by name and labels, as they are written.
 *
 * @throws {Error} If a line is none, a metric has no type or two, or a value is there twice.
 */
export function samplesOf(text: string): ReadonlyMap<string, number> {
  const types = new Map<string, string>();
  const samples = new Map<string, number>();
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  for (const line of text.slice(0, -1).split("\n")) {
    const [, typed, type] = TYPE.exec(line) ?? [];
    if (typed !== undefined) {
      if (types.has(typed)) throw new Error(`${typed} has its type twice`);
      types.set(typed, type!);
      continue;
    }
    // Other comments mean nothing.
    if (HELP.test(line) || /^# (?!TYPE|HELP)/.test(line) || line === "") continue;
    const [, name, labels = "", value] = SAMPLE.exec(line) ?? [];
    if (name === undefined) throw new Error(`this is no sample: ${line}`);
    if (!types.has(name) && types.get(name.replace(/_(bucket|sum|count)$/, "")) !== "histogram") {
      throw new Error(`${name} has no type`);
    }
    if (samples.has(name + labels)) throw new Error(`${name}${labels} is there twice`);
    samples.set(name + labels, value === "+Inf" ? Infinity : Number(value));
  }
  return samples;
}
