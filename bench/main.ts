/**
 * Measures the kit beside others, on one machine in one run: `deno task bench`, with `--help` for
 * what it can be told. Progress goes to the error output; the report is printed, and written as
 * Markdown and as a chart.
 *
 * @module
 */

import { CACHE, ROOT } from "./folders.ts";
import { prepareLineup } from "./lineup.ts";
import { renderReport } from "./report.ts";
import { writeRequests } from "./requests.ts";
import { Results } from "./results.ts";
import { runFootprints, runRounds } from "./rounds.ts";
import { HELP, prepareCertificates, readSettings, type Settings } from "./settings.ts";
import { renderChart } from "./svg.ts";

const settings = readSettings(Deno.args);
if (settings.isHelp) console.log(HELP);
else await measure(settings);

async function measure(settings: Settings): Promise<void> {
  const start = performance.now();
  await Deno.mkdir(CACHE, { recursive: true });
  await writeRequests();
  const files = await prepareCertificates();
  const lineup = await prepareLineup(settings);
  const results = new Results();
  const run = { settings, lineup, files, results };
  await runRounds(run);
  await runFootprints(run);

  const contestants = lineup.ready.map(({ contestant }) => contestant);
  const report = await renderReport({ settings, lineup, results, contestants });
  console.log(`\n${report}`);
  await Deno.mkdir(new URL("./", settings.table), { recursive: true });
  await Deno.writeTextFile(settings.table, report);
  await Deno.writeTextFile(settings.chart, renderChart(contestants, lineup.rows, results));
  await formatChart(settings.chart);
  const minutes = ((performance.now() - start) / 60_000).toFixed(1);
  console.error(`${minutes} minutes; ${settings.table.pathname}, ${settings.chart.pathname}`);
}

/** So that `deno fmt --check` takes it. */
async function formatChart(file: URL): Promise<void> {
  const text = await Deno.readFile(file);
  const formatter = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", "--ext=svg", "-"],
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  await new Blob([text]).stream().pipeTo(formatter.stdin);
  const { success, stdout } = await formatter.output();
  if (success) await Deno.writeFile(file, stdout);
}
