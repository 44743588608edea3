/**
 * Calls the kit with stock tools, and has others check what is deployed: runs the files of this
 * folder, each a suite for one tool or for some that belong together, on each engine, and makes a
 * table of what came out. Arguments pick suites by name, `--engine=direct` an engine; `--docs` puts
 * the table of all of them into `docs/conformance.md`.
 *
 * @module
 */

import { parseArgs } from "node:util";
import type { Engine } from "../../src/transport/connections.ts";
import { BUF } from "../support/buf.ts";
import { runCommand } from "../support/command.ts";
import { readEngines } from "../support/engines.ts";
import { nodePackageVersion } from "../support/node_packages.ts";
import { report, toMarkdown } from "../support/report.ts";
import {
  goTool,
  type GoToolName,
  pythonTool,
  type PythonToolName,
  reportLeftOut,
  systemTool,
  versionOf,
} from "../support/tools.ts";
import { readResults, type Result, toTable } from "./results.ts";

/** Tells the version of a tool; `undefined` if it is missing. */
type FindVersion = () => Promise<string | undefined>;

interface Suite {
  readonly files: readonly string[];
  /** By the names with which the titles of the tests begin. */
  readonly tools: Readonly<Record<string, FindVersion>>;
  /** What it takes besides. */
  readonly needs?: readonly FindVersion[];
}

const SUITES: Readonly<Record<string, Suite>> = {
  "grpc-health-probe": {
    files: ["grpc_health_probe.ts", "health_command.ts"],
    tools: { "grpc-health-probe": go("grpc-health-probe") },
  },
  "grpcurl": {
    files: ["grpcurl.ts", "grpcurl_reflection.ts", "grpcurl_code_first.ts"],
    tools: { "grpcurl": go("grpcurl") },
  },
  "buf": {
    files: ["buf_curl.ts", "buf_curl_reflection.ts", "buf_curl_code_first.ts"],
    tools: { "buf curl": () => Promise.resolve(bufVersion()) },
  },
  "grpc-js": {
    files: ["grpc_js.ts", "grpc_js_drain.ts"],
    tools: { "grpc-js": node("@grpc/grpc-js"), "grpc-health-check": node("grpc-health-check") },
  },
  "nghttp2": {
    files: ["nghttp2.ts"],
    tools: { "nghttp": system("nghttp"), "h2load": system("h2load") },
  },
  "curl": { files: ["curl.ts"], tools: { "curl": system("curl") } },
  "browser": {
    files: ["browser.ts"],
    tools: { "Chromium": system("chromium") },
    // It knows no flag that prints its version.
    needs: [system("certutil", "--build-flags")],
  },
  "hpack": { files: ["hpack.ts"], tools: { "hpack of Go": go("hpack") } },
  "nginx": { files: ["nginx.ts", "nginx_drain.ts"], tools: { "nginx": system("nginx", "-v") } },
  "envoy": { files: ["envoy.ts"], tools: { "envoy": python("envoy") }, needs: [system("node")] },
  "kubernetes": {
    files: ["kubernetes.ts"],
    tools: { "kube-check": go("kube-check"), "kube-score": go("kube-score") },
  },
  "docker": { files: ["dockerfile.ts"], tools: { "hadolint": python("hadolint") } },
  "systemd": {
    files: ["systemd.ts"],
    tools: { "systemd-analyze": system("systemd-analyze") },
  },
};

const FOLDER = new URL("./", import.meta.url);
/** What makes the engine that of all servers. */
const PRELOAD = new URL("../support/engine.ts", FOLDER);

const versions: Record<string, string> = {};
const engines = readEngines();
const runs = new Map<Engine, Result[]>(engines.map((engine) => [engine, []]));
let allPassed = true;
for (const name of readNames()) {
  const suite = SUITES[name]!;
  const { files, tools } = suite;
  const found = await findVersions(suite);
  if (found === undefined) continue;
  Object.assign(versions, found);
  for (const [engine, results] of runs) {
    for (const file of files) {
      console.log(`\n${name}: ${file}, engine ${engine}`);
      const { passed, junit } = await runTests(file, engine);
      allPassed &&= passed;
      results.push(...readResults(junit, Object.keys(tools)));
    }
  }
}
if (Object.keys(versions).length > 0) {
  await report("interop", toMarkdown(toTable(runs, versions)));
}
reportLeftOut();
if (!allPassed) Deno.exit(1);

/** The suites to run: all, or those that are named. */
function readNames(): readonly string[] {
  const { values: { docs }, positionals } = parseArgs({
    allowPositionals: true,
    options: { docs: { type: "boolean", default: false }, engine: { type: "string" } },
  });
  const names = Object.keys(SUITES);
  const unknown = positionals.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(`Cannot run "${unknown}": there are ${names.join(", ")}`);
  }
  if (docs && positionals.length > 0) {
    throw new TypeError("Cannot write docs of some tools only: leave out their names");
  }
  return positionals.length > 0 ? positionals : names;
}

/** Looks for all that a suite takes; what is missing is noted as left out. */
async function findVersions(
  { tools, needs = [] }: Suite,
): Promise<Record<string, string> | undefined> {
  const found: [tool: string, version: string][] = [];
  for (const [tool, find] of Object.entries(tools)) {
    const version = await find();
    if (version !== undefined) found.push([tool, version]);
  }
  const needed = await Promise.all(needs.map((find) => find()));
  if (found.length < Object.keys(tools).length || needed.includes(undefined)) return undefined;
  return Object.fromEntries(found);
}

/** Runs a file of tests in a process of its own. */
async function runTests(file: string, engine: Engine): Promise<{ passed: boolean; junit: string }> {
  const path = await Deno.makeTempFile({ suffix: ".xml" });
  try {
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: [
        // playwright-core reads below /proc, for which Deno wants all permissions.
        ...["test", "--quiet", "--allow-all", `--junit-path=${path}`, `--preload=${PRELOAD}`],
        new URL(file, FOLDER).pathname,
      ],
      cwd: new URL("../../", FOLDER),
      env: { TEST_ENGINE: engine },
    }).spawn().status;
    return { passed: success, junit: await Deno.readTextFile(path) };
  } finally {
    await Deno.remove(path);
  }
}

function go(name: GoToolName): FindVersion {
  return async () => await goTool(name) && versionOf(name).slice(1);
}

function python(name: PythonToolName): FindVersion {
  return async () => await pythonTool(name) && versionOf(name);
}

function system(name: string, flag = "--version"): FindVersion {
  return async () => {
    if (await systemTool(name, flag) === undefined) return undefined;
    const { stdout, stderr } = await runCommand(name, [flag]);
    return /\d+(?:\.\d+)+|\d+/.exec(stdout + stderr)?.[0] ?? "";
  };
}

function node(name: string): FindVersion {
  return async () => {
    const nodeVersion = await system("node")();
    if (nodeVersion === undefined || await systemTool("npm") === undefined) return undefined;
    return `${await nodePackageVersion(name)}, Node ${nodeVersion}`;
  };
}

function bufVersion(): string {
  return /@([\d.]+)\//.exec(BUF)![1]!;
}
