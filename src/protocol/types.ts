/**
 * The messages that JSON may name.
 *
 * @module
 */

import { createRegistry, type DescFile, type Registry } from "../deps.ts";
import type { MethodSpec } from "../service.ts";

/**
 * What a `google.protobuf.Any` may hold in JSON, which names its fields and not their numbers: all
 * that the services' files have, and the files that they import, and what the app adds.
 */
export function typesOf(methods: readonly MethodSpec[], added: Registry | undefined): Registry {
  const files = new Set<DescFile>();
  const add = (file: DescFile) => {
    if (files.has(file)) return;
    files.add(file);
    file.dependencies.forEach(add);
  };
  for (const { desc } of methods) add(desc.parent.file);
  return createRegistry(...files, ...(added ? [added] : []));
}
