/**
 * What modules import, as `deno info` tells.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { ConfigError } from "../errors.ts";

/** What a module imports, itself included: all that may be loaded, and nothing that is but a type. */
export interface ModuleGraph {
  /** Paths of local files. */
  readonly files: readonly string[];
  /** Hosts of others, with their ports. */
  readonly hosts: readonly string[];
}

/** What is used here of what `deno info --json` prints. */
interface Info {
  readonly roots: readonly string[];
  readonly redirects?: Readonly<Record<string, string>>;
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly Dependency[];
  }[];
}

interface Dependency {
  readonly specifier: string;
  readonly isDynamic?: boolean;
  /** What is imported, unless it is but a type. */
  readonly code?: { readonly specifier?: string; readonly error?: string };
}

/**
 * Reads the graph of a module.
 *
 * @param url Of the module.
 * @throws {ConfigError} If Deno may not be run, or cannot tell.
 */
export async function readModuleGraph(url: string): Promise<ModuleGraph> {
  const info = await runInfo(url);
  const { roots, redirects = {} } = info;
  const modules = new Map(info.modules.map((each) => [each.specifier, each]));
  const reached = new Set<string>();
  const visit = (specifier: string) => {
    const target = redirects[specifier] ?? specifier;
    if (reached.has(target)) return;
    reached.add(target);
    for (const dependency of modules.get(target)?.dependencies ?? []) {
      assertFound(target, dependency);
      if (dependency.code?.specifier !== undefined) visit(dependency.code.specifier);
    }
  };
  roots.forEach(visit);
  const urls = [...reached].filter((each) => modules.has(each)).map((each) => new URL(each));
  return {
    files: urls.filter(({ protocol }) => protocol === "file:").map((each) => fileURLToPath(each)),
    hosts: urls.filter(({ protocol }) => /^https?:$/.test(protocol)).map(hostOf),
  };
}

async function runInfo(url: string): Promise<Info> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--quiet", "--json", url],
      env: { NO_COLOR: "1" },
    }).output();
    if (success) return JSON.parse(new TextDecoder().decode(stdout));
    throw new ConfigError(
      `Cannot tell what ${url} imports: ${new TextDecoder().decode(stderr).split("\n", 1)[0]}`,
    );
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotCapable)) throw cause;
    throw new ConfigError("Cannot tell what the module imports: allow it by --allow-run=deno", {
      cause,
    });
  }
}

/** The program has loaded it: where Deno does not find it now, it is told other things. */
function assertFound(importer: string, { specifier, code, isDynamic }: Dependency): void {
  if (code?.error === undefined || isDynamic) return;
  throw new ConfigError(
    `Cannot tell what ${importer} imports: "${specifier}" is not found from the current directory, ` +
      `go where the deno.json is that maps it`,
  );
}

function hostOf({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
}
