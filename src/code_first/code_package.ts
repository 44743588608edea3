/**
 * Services in code made the same as generated ones. Those of one package are one file: they share
 * their messages, and the lock that keeps their numbers.
 *
 * @module
 */

import type { DescFile, DescService } from "../deps.ts";
import { ConfigError } from "../errors.ts";
import { type AppliedLock, applyLock } from "../lock/apply_lock.ts";
import type { ProblemKind } from "../lock/breaking.ts";
import { readLock } from "../lock/lock_file.ts";
import { type CompiledMethod, compileServices } from "../schema/compile_services.ts";
import type { FileModel } from "../schema/model.ts";
import type {
  AnyHandler,
  MethodOptions,
  ServiceImplementation,
  ServiceOptions,
} from "../service.ts";
import { addedMethods, declarationOf, type Service } from "./code_service.ts";
import { wrapHandler } from "./handlers.ts";
import { pathIn, readTextIfThere } from "./proto_folder.ts";

/** A service as if it were generated, with all that `resolveService()` takes. */
export interface CompiledService {
  readonly desc: DescService;
  readonly implementation: ServiceImplementation<DescService>;
  readonly options: ServiceOptions;
}

/** The services of one package. */
export interface CodePackage {
  /** Such as `demo.v1`; `""` for none. */
  readonly name: string;
  /** The folder of its `.proto` and its lock, if it has one. */
  readonly folder: string | URL | undefined;
  /** Whether its services name the folder, and are thus served by the numbers of its lock. */
  readonly isGuarded: boolean;
  readonly file: DescFile;
  readonly model: FileModel;
  readonly services: readonly CompiledService[];
  readonly methods: readonly CompiledMethod[];
  /** The lock's path within the folder, such as `demo/v1/demo.lock`. */
  readonly lockName: string;
  /** Whether there is a lock. */
  readonly isLocked: boolean;
  /** What became of the lock. */
  readonly applied: AppliedLock;
}

/** Options of {@linkcode compilePackages}. */
export interface PackageOptions {
  /** See `AppOptions.validateReplies`. */
  readonly validateReplies: boolean;
  /** The folder of packages that have none of their own. */
  readonly defaultFolder?: string | URL | undefined;
}

/** These do not concern a server that has a part of the package alone, nor a client. */
const REMOVALS: readonly ProblemKind[] = ["service_removed", "method_removed"];

/**
 * Compiles services, by package, in the order in which those appear.
 *
 * @throws {TypeError} If a name is none or taken, a schema cannot be expressed, or services of one
 *   package have different folders.
 * @throws {ConfigError} If a lock cannot be read.
 */
export function compilePackages(
  services: readonly Service[],
  options: PackageOptions,
): CodePackage[] {
  return [...Map.groupBy(services, packageOf)].map(([name, members]) =>
    compilePackage(name, members, options)
  );
}

/**
 * Lets nothing be served or called whose numbers could change.
 *
 * @throws {ConfigError} If a package with a folder has no lock, one that is not up to date, or one
 *   that it breaks.
 */
export function assertLocked({ name, folder, lockName, isLocked, applied }: CodePackage): void {
  if (folder === undefined) return;
  const path = pathIn(folder, lockName);
  const fail = (what: string) => {
    throw new ConfigError(`Cannot use package "${name}" ${what}`);
  };
  if (!isLocked) fail(`without its lock "${path}": write it by \`deno task proto\``);
  const problems = applied.problems.filter(({ kind }) => !REMOVALS.includes(kind));
  if (problems.length > 0) {
    const texts = problems.map(({ text }) => text).join("\n");
    fail(`with schemas that break clients, by its lock "${path}":\n${texts}`);
  }
  const missing = applied.changes.filter(({ kind }) => kind === "added" || kind === "restored");
  if (missing.length > 0) {
    const texts = missing.map(({ text }) => text).join(", ");
    fail(`with a lock "${path}" that is not up to date (${texts}): run \`deno task proto\``);
  }
}

function packageOf({ name }: Service): string {
  return name.slice(0, Math.max(0, name.lastIndexOf(".")));
}

function compilePackage(
  name: string,
  members: readonly Service[],
  { validateReplies, defaultFolder }: PackageOptions,
): CodePackage {
  const fileName = fileNameOf(name);
  const lockName = fileName.replace(/\.proto$/, ".lock");
  const ownFolder = folderOf(name, lockName, members);
  const folder = ownFolder ?? defaultFolder;
  const text = folder === undefined ? undefined : readTextIfThere(folder, lockName);
  const lock = text === undefined ? undefined : readLock(text, pathIn(folder!, lockName));
  let applied: AppliedLock | undefined;
  const { file, model, services, methods } = compileServices(members.map(declarationOf), {
    fileName,
    number: (model) => (applied = applyLock(model, lock)).numbers,
    validateReplies,
  });
  const byDesc = new Map(methods.map((method) => [method.desc, method]));
  return {
    ...{ name, folder, file, model, methods, lockName, isLocked: lock !== undefined },
    isGuarded: ownFolder !== undefined,
    applied: applied!,
    services: services.map((desc, index) => compileService(desc, members[index]!, byDesc)),
  };
}

function compileService(
  desc: DescService,
  service: Service,
  methods: ReadonlyMap<CompiledMethod["desc"], CompiledMethod>,
): CompiledService {
  const added = addedMethods(service);
  const implementation: Record<string, AnyHandler> = {};
  const methodOptions: Record<string, MethodOptions> = {};
  for (const [index, each] of desc.methods.entries()) {
    const { handler, options } = added[index]!;
    implementation[each.localName] = wrapHandler(methods.get(each)!, handler);
    methodOptions[each.localName] = options;
  }
  const { timeout, interceptors } = service.options;
  return {
    desc,
    implementation: implementation as ServiceImplementation<DescService>,
    options: {
      methods: methodOptions,
      ...(timeout !== undefined && { timeout }),
      ...(interceptors !== undefined && { interceptors }),
    },
  };
}

function folderOf(
  packageName: string,
  lockName: string,
  services: readonly Service[],
): string | URL | undefined {
  const lockOf = ({ options: { proto } }: Service) => proto && pathIn(proto, lockName);
  const [first, ...others] = services;
  const other = others.find((each) => lockOf(each) !== lockOf(first!));
  if (other === undefined) return first!.options.proto;
  throw new TypeError(
    `Cannot use services "${first!.name}" and "${other.name}" of package "${packageName}" with ` +
      `different folders: give both the same "proto"`,
  );
}

/** `demo/v1/demo.proto` for `demo.v1`. */
function fileNameOf(packageName: string): string {
  const parts = packageName.split(".").filter((part) => part !== "");
  const last = parts.findLast((part) => !/^v\d/.test(part)) ?? "service";
  return [...parts, `${last}.proto`].join("/");
}
