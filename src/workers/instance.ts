/**
 * Workers as instances of their own to OpenTelemetry: what several processes count under one resource
 * would be taken for one and the same, and each would overwrite the others'.
 *
 * @module
 */

import process from "node:process";

/** The variable that an exporter reads, such as `deployment.environment.name=test,service.version=2`. */
const VARIABLE = "OTEL_RESOURCE_ATTRIBUTES";
const KEY = "service.instance.id";

/** Adds the id of an instance, behind that of the whole if there is one. */
export function withInstance(attributes: string, id: string): string {
  const all = attributes.split(",").map((each) => each.trim()).filter((each) => each !== "");
  const isOwn = (each: string) => each.split("=", 1)[0]!.trim() === KEY;
  const whole = all.find(isOwn)?.split("=")[1]?.trim();
  const own = whole === undefined ? id : `${whole}.${id}`;
  return [...all.filter((each) => !isOwn(each)), `${KEY}=${own}`].join(",");
}

/** The variable for one worker; none if what is in it already may not be read. */
export function instanceVariables(id: string): Record<string, string> {
  if (!mayRead()) return {};
  return { [VARIABLE]: withInstance(process.env[VARIABLE] ?? "", id) };
}

function mayRead(): boolean {
  if (!("Deno" in globalThis)) return true;
  return Deno.permissions.querySync({ name: "env", variable: VARIABLE }).state === "granted";
}
