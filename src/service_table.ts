/**
 * The services of an app: those that the user adds, generated and in code, and the built-in ones. In
 * the end all of them are {@linkcode MethodSpec}s alike.
 *
 * @module
 */

import { createRegistry, type DescService, type Registry } from "./deps.ts";
import { file_google_rpc_error_details } from "../gen/google/rpc/error_details_pb.ts";
import type { ResolvedAppOptions } from "./app_options.ts";
import { assertLocked, type CodePackage, compilePackages } from "./code_first/code_package.ts";
import { addedMethods, Service } from "./code_first/code_service.ts";
import type { TimeoutLayers } from "./deadline.ts";
import { type Duration, resolveDuration } from "./duration.ts";
import type { HealthStatus } from "./health_status.ts";
import { serverLog } from "./log.ts";
import { assertNoClash } from "./schema/name_clashes.ts";
import {
  type MethodSpec,
  overrideTimeouts,
  resolveService,
  type ServiceImplementation,
  type ServiceOptions,
  type TimeoutOverrides,
} from "./service.ts";

/** Which of the built-in services are wanted. */
export interface BuiltIns {
  readonly healthCheck: boolean;
  readonly reflection: boolean;
}

/** A method as it was added. */
export interface DeclaredMethod {
  /** Such as `demo.v1.Greeter`. */
  readonly service: string;
  /** Such as `/demo.v1.Greeter/SayHello`. */
  readonly path: string;
  /** What code says of its time. */
  readonly timeouts: TimeoutLayers;
}

/** Collects the services of an app. */
export class ServiceTable {
  readonly #options: ResolvedAppOptions;
  readonly #names = new Set<string>();
  readonly #generated: MethodSpec[] = [];
  readonly #code: Service[] = [];
  readonly #warned = new Set<string>();
  #own: Service | undefined;
  #overrides: TimeoutOverrides | undefined;

  constructor(options: ResolvedAppOptions) {
    this.#options = options;
  }

  /** @throws {TypeError | RangeError} If the service is there already, or does not fit its handlers. */
  addGenerated(
    service: DescService,
    implementation: ServiceImplementation<DescService>,
    options: ServiceOptions,
  ): void {
    this.#assertNew(service?.typeName, "put all its handlers in one object");
    const { timeoutMs } = this.#options;
    this.#generated.push(...resolveService(service, implementation, options, timeoutMs));
    this.#names.add(service.typeName);
  }

  /** @throws {TypeError} If there is a service of that name already. */
  addCode(service: Service): void {
    this.#assertNew(service.name, "add all its methods to one");
    this.#code.push(service);
    this.#names.add(service.name);
  }

  /** The app's own service, if it has methods. */
  get own(): Service | undefined {
    return this.#own;
  }

  /**
   * The app's own service, for one more method.
   *
   * @throws {TypeError} If the app has no name for it.
   */
  ownService(method: string): Service {
    if (this.#own !== undefined) return this.#own;
    const { name, description, proto } = this.#options;
    if (name === undefined) {
      throw new TypeError(
        `Cannot add method "${method}" to an app without a service of its own: ` +
          `name it, as in new FastGRPC({ name: "demo.v1.Greeter" })`,
      );
    }
    const own = new Service(name, {
      ...(description !== undefined && { description }),
      ...(proto !== undefined && { proto }),
    });
    this.addCode(own);
    return this.#own = own;
  }

  /** The services in code, in the order in which they were added. */
  get code(): readonly Service[] {
    return this.#code;
  }

  /** What the user has added so far. Nothing is compiled for it. */
  declared(): DeclaredMethod[] {
    const { timeoutMs: globalMs } = this.#options;
    const generated = this.#generated.map(({ desc, path, timeouts }) => ({
      service: desc.parent.typeName,
      path,
      timeouts,
    }));
    const inCode = this.#code.flatMap((service) =>
      addedMethods(service).map(({ declaration: { name }, options }) => ({
        service: service.name,
        path: `/${service.name}/${name}`,
        timeouts: {
          methodMs: toMs(options.timeout),
          serviceMs: toMs(service.options.timeout),
          globalMs,
        },
      }))
    );
    return [...generated, ...inCode];
  }

  /** Sets timeouts over those of the code, for each {@linkcode resolve} from now on. */
  override(timeouts: TimeoutOverrides): void {
    this.#overrides = timeouts;
  }

  /**
   * Compiles the services in code.
   *
   * @throws {TypeError} If a schema cannot be expressed.
   * @throws {ConfigError} If a lock cannot be read.
   */
  compile(): CodePackage[] {
    return compilePackages(this.#code, this.#options);
  }

  /**
   * Resolves all methods. What the user added comes before what is built in.
   *
   * @param health Gets to know the services.
   * @throws {TypeError} If a schema cannot be expressed, or a service in code has the file or a name of
   *   a generated one.
   * @throws {ConfigError} If a lock cannot be read, or does not fit.
   */
  async resolve(
    { healthCheck, reflection }: BuiltIns,
    health: HealthStatus,
  ): Promise<ReadonlyMap<string, MethodSpec>> {
    const overrides = this.#overrides;
    const own = [...this.#generated, ...this.#resolveCode()];
    const specs = overrides ? own.map((spec) => overrideTimeouts(spec, overrides)) : own;
    for (const service of ["", ...this.#names]) {
      if (health.get(service) === undefined) health.set(service, "SERVING");
    }
    const builtIns: MethodSpec[] = [];
    if (healthCheck) builtIns.push(...await resolveHealth(health));
    if (reflection) {
      const services = [...builtIns, ...specs].map(({ desc }) => desc.parent);
      builtIns.push(...await resolveReflection(services, this.#typesToReflect()));
    }
    return new Map([...builtIns, ...specs].map((spec) => [spec.path, spec]));
  }

  #resolveCode(): MethodSpec[] {
    const packages = this.compile();
    packages.forEach(assertLocked);
    const generated = new Set(this.#generated.map(({ desc }) => desc.parent.file));
    for (const { file, model } of packages) {
      const why = "which the app serves";
      assertNoClash({ fileName: file.proto.name, model }, generated, why);
    }
    this.#warnOfUnlocked(packages);
    const { timeoutMs } = this.#options;
    return packages.flatMap(({ services }) => services).flatMap(
      ({ desc, implementation, options }) =>
        resolveService(desc, implementation, options, timeoutMs),
    );
  }

  /** Once, as apps may be started often. */
  #warnOfUnlocked(packages: readonly CodePackage[]): void {
    for (const { name, isLocked } of packages) {
      if (isLocked || this.#warned.has(name)) continue;
      this.#warned.add(name);
      serverLog.warn(
        "Fields of package {name} are numbered by the order of declaration, and change their numbers " +
          "with it: keep them in a lock, see docs/lock.md",
        { name },
      );
    }
  }

  /** Services in code have details in their errors, which tools print if they can. */
  #typesToReflect(): Registry | undefined {
    const { types } = this.#options;
    if (this.#code.length === 0) return types;
    return createRegistry(...types ? [types] : [], file_google_rpc_error_details);
  }

  #assertNew(name: string, remedy: string): void {
    if (!this.#names.has(name)) return;
    throw new TypeError(`Cannot add service "${name}" a second time: ${remedy}`);
  }
}

function toMs(timeout: Duration | undefined): number | undefined {
  return timeout === undefined ? undefined : resolveDuration("timeout", timeout);
}

/** Loaded by those who want it. */
async function resolveHealth(health: HealthStatus): Promise<MethodSpec[]> {
  const { Health, HEALTH_OPTIONS, healthHandlers } = await import("./health.ts");
  return resolveService(Health, healthHandlers(health), HEALTH_OPTIONS, undefined);
}

async function resolveReflection(
  services: readonly DescService[],
  types: Registry | undefined,
): Promise<MethodSpec[]> {
  const { REFLECTION_OPTIONS, REFLECTION_SERVICES, reflectionHandlers } = await import(
    "./reflection.ts"
  );
  const handlers = reflectionHandlers({ services: [...services, ...REFLECTION_SERVICES], types });
  return REFLECTION_SERVICES.flatMap((service) =>
    resolveService(service, handlers, REFLECTION_OPTIONS, undefined)
  );
}
