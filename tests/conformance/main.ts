/**
 * Runs the conformance suite of ConnectRPC against the kit: its runner starts `server.ts` for each
 * combination of HTTP version, protocol and TLS, and calls it with clients written in Go. Prints how
 * many cases were run and passed on each engine, and fails if any failed. `deno task conformance`;
 * `--engine=direct` is for one engine, `--docs` writes the table into `docs/conformance.md`, whatever
 * stands after `--` goes to the runner, such as `-- --trace --run "Basic/**"`.
 */

import { buildImage } from "./image.ts";
import type { Engine } from "../../src/transport/connections.ts";
import { type Cases, countPassed, readCases, toTable, unreadCases } from "./cases.ts";
import { readEngines } from "../support/engines.ts";
import { report, toMarkdown } from "../support/report.ts";
import { goTool, reportLeftOut, versionOf } from "../support/tools.ts";

const SERVER = new URL("server.ts", import.meta.url);
const CONFIG = new URL("config.yaml", import.meta.url);
const DENO_JSON = new URL("../../deno.json", import.meta.url);

/** Calls and servers at the same time: a server waits for delays more than it works. */
const PARALLEL = ["--parallel", "8", "--max-servers", "2"];

const runner = await goTool("connectconformance");
if (runner === undefined) {
  reportLeftOut();
} else {
  Deno.exit(await runAll(runner) ? 0 : 1);
}

async function runAll(runner: string): Promise<boolean> {
  const version = versionOf("connectconformance");
  const image = await buildImage(version);
  const runs = new Map<Engine, Cases>();
  for (const engine of readEngines()) {
    runs.set(engine, await run(runner, serverCommand(image, engine)));
  }
  const passed = [...runs].map(([engine, cases]) =>
    `${countPassed(cases)} of ${cases.size} cases passed with engine \`${engine}\``
  );
  const about = `connectconformance ${version}, server mode, Deno ${Deno.version.deno}: `;
  await report("conformance", `${about}${passed.join(", ")}.\n\n${toMarkdown(toTable(runs))}`);
  return runs.values().every((cases) => cases.size > 0 && countPassed(cases) === cases.size);
}

async function run(runner: string, server: string[]): Promise<Cases> {
  const cases = new Map(await call(runner, server, extraArguments()));
  const unread = unreadCases(cases);
  if (unread.length > 0) {
    console.log(`Called once more, for the runner had not read the answer:\n${unread.join("\n")}`);
    const again = await call(runner, server, unread.flatMap((name) => ["--run", name]));
    for (const [name, failure] of again) cases.set(name, failure);
  }
  for (const failure of cases.values()) if (failure !== undefined) console.log(failure);
  return cases;
}

async function call(runner: string, server: string[], args: string[]): Promise<Cases> {
  const { success, stdout } = await new Deno.Command(runner, {
    args: [
      ...["--mode", "server", "--conf", CONFIG.pathname, "--vv", ...PARALLEL],
      ...[...args, "--", ...server],
    ],
    stderr: "inherit",
  }).output();
  const output = new TextDecoder().decode(stdout);
  const cases = readCases(output);
  const hasFailures = cases.values().some((failure) => failure !== undefined);
  if (!success && !hasFailures) throw new Error(`The runner failed:\n${output}`);
  return cases;
}

function serverCommand(image: string, engine: Engine): string[] {
  return [
    ...[Deno.execPath(), "run", "--quiet", "--no-prompt", `--config=${DENO_JSON.pathname}`],
    ...["--allow-net=127.0.0.1", "--allow-read", "--allow-write", "--allow-env"],
    ...[SERVER.href, image, engine],
  ];
}

function extraArguments(): string[] {
  const at = Deno.args.indexOf("--");
  return at < 0 ? [] : Deno.args.slice(at + 1);
}
