/**
 * The extensions that a file can name: its own, and those of the files it imports.
 *
 * @module
 */

import { type DescExtension, type DescFile, nestedTypes } from "../deps.ts";

/** Finds extensions by what they extend and by number. */
export class ExtensionIndex {
  readonly #extensions = new Map<string, DescExtension>();

  constructor(file: DescFile) {
    this.#addFile(file);
    for (const dependency of file.dependencies) this.#addPublicly(dependency, new Set());
  }

  /** @param extendee Full name of the message that is extended. */
  get(extendee: string, number: number): DescExtension | undefined {
    return this.#extensions.get(`${extendee} ${number}`);
  }

  /** Adds a file, and whatever it imports on behalf of those that import it. */
  #addPublicly(file: DescFile, seen: Set<DescFile>): void {
    if (seen.has(file)) return;
    seen.add(file);
    this.#addFile(file);
    const names = file.proto.publicDependency.map((index) => file.proto.dependency[index]);
    for (const dependency of file.dependencies) {
      if (names.includes(dependency.proto.name)) this.#addPublicly(dependency, seen);
    }
  }

  #addFile(file: DescFile): void {
    for (const type of nestedTypes(file)) {
      if (type.kind !== "extension") continue;
      this.#extensions.set(`${type.extendee.typeName} ${type.number}`, type);
    }
  }
}
