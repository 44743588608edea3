/**
 * Names that a file in code has in common with a generated one. Both by themselves are fine, but
 * nobody can load them together: no compiler, and no client of the reflection.
 *
 * @module
 */

import { type DescFile, nestedTypes } from "../deps.ts";
import type { FileModel } from "./model.ts";
import { qualify } from "./naming.ts";

/** A file in code. */
export interface NamedModel {
  /** Such as `demo/v1/demo.proto`. */
  readonly fileName: string;
  readonly model: FileModel;
}

/**
 * Compares the names of a file in code with those of generated files, and of all that they import.
 *
 * @param why What brings them together, such as `whose messages its schemas use`.
 * @throws {TypeError} If a file has the same name, or something in it has.
 */
export function assertNoClash(
  { fileName, model }: NamedModel,
  files: Iterable<DescFile>,
  why: string,
): void {
  const action = `use services of package "${model.package}" in code`;
  const own = new Map(namesIn(model));
  const reached = new Set(files);
  for (const file of reached) {
    const { name } = file.proto;
    for (const each of file.dependencies) reached.add(each);
    if (name === fileName) {
      throw new TypeError(
        `Cannot ${action}: their file would be "${name}", and so is that of a generated one, ${why}; ` +
          "give them another package",
      );
    }
    const taken = symbolsOf(file).find((symbol) => own.has(symbol));
    if (taken === undefined) continue;
    const noun = own.get(taken)!;
    const orId = noun === "service" ? "" : ", or the schema another .meta({ id })";
    throw new TypeError(
      `Cannot ${action}: "${taken}" is ${noun === "enum" ? "an" : "a"} ${noun} of theirs, and is ` +
        `in "${name}" too, ${why}; give them another package${orId}`,
    );
  }
}

/** By whole names. Values of enums are named beside their enum. */
function namesIn({ package: packageName, messages, enums, services }: FileModel) {
  const named = (noun: string, all: readonly { readonly name: string }[]) =>
    all.map(({ name }) => [name, noun] as const);
  const values = enums.flatMap(({ values }) => values)
    .map(({ name }) => ({ name: qualify(packageName, name) }));
  return [
    ...named("value", values),
    ...named("message", messages),
    ...named("enum", enums),
    ...named("service", services),
  ];
}

function symbolsOf(file: DescFile): string[] {
  return [...nestedTypes(file)].flatMap((type) => {
    if (type.kind !== "enum") return type.typeName;
    const beside = type.typeName.slice(0, -type.name.length);
    return [type.typeName, ...type.values.map(({ name }) => beside + name)];
  });
}
