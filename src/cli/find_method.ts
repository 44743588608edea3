/**
 * What the argument `<method>` of `call` means: a method, or a service.
 *
 * @module
 */

import { ConfigError } from "../config_error.ts";
import type { DescMethod, DescService } from "../deps.ts";
import { suggest } from "../suggest.ts";
import type { ServerTypes } from "./server_types.ts";
import type { TypeSource } from "./type_source.ts";

/**
 * Finds a service by its full name, or a method as `<service>/<method>` or `<service>.<method>`.
 *
 * @throws {ConfigError} If there is none, with the nearest name that there is.
 */
export async function findMethod(
  text: string,
  source: TypeSource,
  types: ServerTypes,
): Promise<DescService | DescMethod> {
  const path = text.replace(/^\//, "");
  const slash = path.indexOf("/");
  if (slash >= 0) {
    const service = await types.service(path.slice(0, slash));
    if (service === undefined) throw await noService(path.slice(0, slash), source);
    return methodOf(service, path.slice(slash + 1));
  }
  const whole = await types.service(path);
  if (whole !== undefined) return whole;
  const dot = path.lastIndexOf(".");
  const service = dot < 0 ? undefined : await types.service(path.slice(0, dot));
  if (service === undefined) throw await noService(path, source);
  return methodOf(service, path.slice(dot + 1));
}

function methodOf(service: DescService, name: string): DescMethod {
  const method = service.methods.find((each) => each.name === name);
  if (method !== undefined) return method;
  const known = service.methods.map((each) => each.name);
  throw new ConfigError(
    `Cannot find method "${name}" of ${service.typeName}: ${suggest(name, known)}`,
  );
}

async function noService(name: string, source: TypeSource): Promise<ConfigError> {
  const known = await source.services();
  // Without its package, a name is far from all.
  const full = known.find((each) => each.endsWith(`.${name}`));
  const remedy = full === undefined ? suggest(name, known) : `did you mean "${full}"?`;
  return new ConfigError(`Cannot find service "${name}" in ${source.name}: ${remedy}`);
}
