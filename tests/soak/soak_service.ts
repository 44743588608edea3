/**
 * What is called in the soak: the greeter, and the same once more as `timed.v1.Greeter`, which the
 * server gives little time. Names of requests may be orders, such as `sleep:20`. Shared by the server
 * and its clients.
 *
 * @module
 */

import { clone, createFileRegistry } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { type Code, ConnectError } from "@connectrpc/connect";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";

/** How long calls of {@linkcode TimedGreeter} may take. */
export const TIMED_MS = 150;

/** What is thrown at the order `throw`, and must be in the server's log alone. */
export const BUG = "a bug in a handler";

/** The greeter by another name, for other options. */
export const TimedGreeter: typeof Greeter = createTimedGreeter();

/** Does what the name of a request orders; any other name is a name. */
export async function obey(name: string, signal: AbortSignal): Promise<void> {
  const [order, argument] = name.split(":", 2);
  if (order === "throw") throw new Error(BUG);
  if (order === "fail") throw new ConnectError(`failed with ${argument}`, Number(argument) as Code);
  if (order === "sleep") await sleep(Number(argument), signal);
}

/** Waits, unless the signal comes first: then it fails with the signal's reason. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted) onAbort();
  });
}

function createTimedGreeter(): typeof Greeter {
  const original = Greeter.file.proto;
  const copy = clone(FileDescriptorProtoSchema, original);
  Object.assign(copy, {
    name: "timed/v1/greeter.proto",
    package: "timed.v1",
    dependency: [original.name],
    messageType: [],
  });
  const registry = createFileRegistry(
    copy,
    (name) => name === original.name ? original : undefined,
  );
  return registry.getService("timed.v1.Greeter") as unknown as typeof Greeter;
}
