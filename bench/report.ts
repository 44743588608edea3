/**
 * The report as Markdown: a table for each group of rows, with ratios against the kit.
 *
 * @module
 */

import { BASE, type Contestant, titleOf, versionOf } from "./contestants.ts";
import type { Lineup } from "./lineup.ts";
import type { Extra, Results } from "./results.ts";
import type { Row } from "./rows.ts";
import type { Settings } from "./settings.ts";

const NONE = "–";
/** With less of its core taken, it is the client that sets the pace. */
const BUSY_SHARE = 0.85;
const KIB = 1024;
const LINE_WIDTH = 100;

/** What a report is made from. */
export interface ReportOptions {
  readonly settings: Settings;
  readonly lineup: Lineup;
  readonly results: Results;
  readonly contestants: readonly Contestant[];
}

/** Renders the report. */
export async function renderReport(options: ReportOptions): Promise<string> {
  const { lineup: { rows }, contestants } = options;
  const versions = await Promise.all(contestants.map(versionOf));
  const titles = contestants.map((each, i) => titleOf(each, versions[i]));
  const groups = Map.groupBy(rows, ({ table }) => table);
  const tables = Array.from(groups, ([title, rows]) => {
    const head = rows.map((row) => row.title);
    const cells = contestants.map(({ name }) => rows.map((row) => rateCell(options, name, row)));
    return section(`${title}, ${rows[0]!.unit}`, table(head, titles, cells));
  });
  return [
    "# Benchmark",
    await introduction(options),
    ...tables,
    ...extras(options, titles),
    ...remarks(options),
  ].join("\n\n") + "\n";
}

async function introduction({ settings, lineup }: ReportOptions): Promise<string> {
  const { rounds, seconds } = settings;
  const times = rounds === 1 ? "Measured once" : `The median of ${rounds} rounds in turns`;
  const cpu = /^model name\s*: (.+)$/m.exec(await Deno.readTextFile("/proc/cpuinfo"))?.[1];
  return wrap(
    `${times}, ${seconds} s for each number; ${lineup.cores.description}${
      cpu === undefined ? "" : ` (${cpu})`
    }; Deno ${Deno.version.deno}. In brackets: the ratio to the kit in the same run, which is what ` +
      "counts, as machines differ. `deno task bench` measures again.",
  );
}

function rateCell({ results }: ReportOptions, name: string, row: Row): string {
  if (row.calls !== undefined) {
    const samples = results.samples(name, row.name);
    return `died in ${samples.filter((hasDied) => hasDied).length} of ${samples.length}`;
  }
  const rate = results.median(name, row.name);
  if (rate === undefined) {
    return results.crashes(name).some(({ what }) => what === row.title) ? "crashed" : NONE;
  }
  const base = results.median(BASE, row.name);
  return base === undefined ? whole(rate) : `${whole(rate)} (${(rate / base).toFixed(2)})`;
}

/** The tables of what is no row. */
function extras({ results, lineup, contestants }: ReportOptions, titles: string[]): string[] {
  const cell = (name: string, metric: Extra, format: (value: number) => string) => {
    const value = results.median(name, metric);
    return value === undefined ? NONE : format(value);
  };
  const ms = (value: number) => value.toFixed(2);
  const mib = (value: number) => (value / KIB).toFixed(1);
  const tables: string[] = [];
  if (contestants.some(({ name }) => results.median(name, "p50") !== undefined)) {
    const common = results.median(BASE, "commonRate");
    const head = ["calls/s", "p50", "p99", "p99.9"];
    if (common !== undefined) head.push(...["p50", "p99"].map((p) => `${p} at ${whole(common)}/s`));
    const cells = contestants.map(({ name }) => [
      cell(name, "pacedRate", whole),
      cell(name, "p50", ms),
      cell(name, "p99", ms),
      cell(name, "p999", ms),
      ...(common === undefined ? [] : [cell(name, "commonP50", ms), cell(name, "commonP99", ms)]),
    ]);
    tables.push(
      section("Latency of hello at half of its own peak rate, ms", table(head, titles, cells)),
    );
  }
  if (lineup.rows.some(({ name }) => name === "hello")) {
    const head = [
      ...["cold start, ms", "memory at start, MiB", "per idle connection, KiB"],
      ...["at peak, MiB", "CPU a call, µs", "core busy"],
    ];
    const cells = contestants.map(({ name }) => [
      cell(name, "coldStartMs", whole),
      cell(name, "rssStartKib", mib),
      cell(name, "rssIdleKib", (value) => value.toFixed(1)),
      cell(name, "rssPeakKib", mib),
      cell(name, "cpuUs", (value) => value.toFixed(1)),
      cell(name, "busyShare", (value) => `${Math.min(100, Math.round(value * 100))} %`),
    ]);
    tables.push(section("What hello takes", table(head, titles, cells)));
  }
  return tables;
}

/** Crashes, failures, what is not in the tables and how to read them. */
function remarks({ results, lineup, contestants }: ReportOptions): string[] {
  const crashes = contestants.flatMap((each) => {
    const crashes = results.crashes(each.name);
    if (crashes.length === 0) return [];
    const kinds = Map.groupBy(crashes, ({ what, ending }) => `${ending} at "${what}"`);
    const list = Array.from(kinds, ([kind, { length }]) => `${length} × ${kind}`).join(", ");
    return [`- ${titleOf(each)} died and was started again: ${list}.`];
  });
  const failures = contestants.flatMap((each) =>
    results.failures(each.name).map((what) => `- ${titleOf(each)}, ${what}.`)
  );
  const slowClients = contestants.flatMap((each) => {
    const share = results.median(each.name, "busyShare");
    return share !== undefined && share < BUSY_SHARE
      ? [`- ${titleOf(each)} could do more than its client asked for: its core was not busy.`]
      : [];
  });
  const leftOut = lineup.leftOut.map((each) => `- ${each}.`);
  return [
    ...list("Crashes", crashes),
    ...list("Failures", failures),
    ...list("Left out", leftOut),
    ...list("Limits of the clients", slowClients),
  ];
}

function list(title: string, lines: string[]): string[] {
  return lines.length === 0
    ? []
    : [section(title, lines.map((line) => wrap(line, "  ")).join("\n"))];
}

/** Breaks lines where `deno fmt` does. */
function wrap(text: string, indent = ""): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.trim() !== word && longer.length > LINE_WIDTH) lines.push(indent + word);
    else lines[lines.length - 1] = longer;
  }
  return lines.join("\n");
}

function section(title: string, content: string): string {
  return `## ${title}\n\n${content}`;
}

/** Its columns as wide as their cells, numbers at their right ends. */
function table(head: string[], titles: string[], cells: string[][]): string {
  const rows = [["", ...head], ...cells.map((row, i) => [titles[i]!, ...row])];
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const line = (row: string[]) =>
    `| ${
      row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))
        .join(" | ")
    } |`;
  const rule = widths.map((width, i) => i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`);
  return [line(rows[0]!), `| ${rule.join(" | ")} |`, ...rows.slice(1).map(line)].join("\n");
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}
