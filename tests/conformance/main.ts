/**
 * Runs the conformance suite of ConnectRPC against the kit: its runner starts `server.ts` for each
 * combination of HTTP version, protocol and TLS, and calls it with clients written in Go. Prints how
 * many cases were run and passed, and fails if any failed. `deno task conformance`; `--docs` writes
 * the table into `docs/conformance.md`, whatever stands after `--` goes to the runner, such as
 * `-- --trace --run "Basic/**"`.
 */

import { buildImage } from "./image.ts";
import { type Cases, countCases, readCases, unreadCases } from "./cases.ts";
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
  Deno.exit(await run(runner) ? 0 : 1);
}

async function run(runner: string): Promise<boolean> {
  const startedAt = performance.now();
  const version = versionOf("connectconformance");
  const server = serverCommand(await buildImage(version));
  const cases = new Map(await call(runner, server, extraArguments()));
  const unread = unreadCases(cases);
  if (unread.length > 0) {
    console.log(`Called once more, for the runner had not read the answer:\n${unread.join("\n")}`);
    const again = await call(runner, server, unread.flatMap((name) => ["--run", name]));
    for (const [name, failure] of again) cases.set(name, failure);
  }
  for (const failure of cases.values()) if (failure !== undefined) console.log(failure);
  const { rows, total, failed } = countCases(cases);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  await report(
    "conformance",
    [
      `connectconformance ${version}, server mode, Deno ${Deno.version.deno}: ${total} cases, ` +
      `${total - failed} passed, ${failed} failed, in ${seconds} s.`,
      toMarkdown({
        head: ["Protocol", "HTTP", "Connection", "Client", "Cases", "Passed", "Failed"],
        rows,
      }),
    ].join("\n\n"),
  );
  return total > 0 && failed === 0;
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

function serverCommand(image: string): string[] {
  return [
    ...[Deno.execPath(), "run", "--quiet", "--no-prompt", `--config=${DENO_JSON.pathname}`],
    ...["--allow-net=127.0.0.1", "--allow-read", "--allow-write", "--allow-env"],
    ...[SERVER.href, image],
  ];
}

function extraArguments(): string[] {
  const at = Deno.args.indexOf("--");
  return at < 0 ? [] : Deno.args.slice(at + 1);
}
