/**
 * Names of types, as short as they may be where they are used. A name in `.proto` text is looked for
 * from the innermost scope outwards, and the first scope that knows its first part decides; so a
 * name that is shadowed is written in full, with a dot in front.
 *
 * @module
 */

import { type DescFile, nestedTypes } from "../deps.ts";

/** Words that begin something else where a type is expected. */
const KEYWORDS: ReadonlySet<string> = new Set([
  ...["double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32"],
  ...["fixed64", "sfixed32", "sfixed64", "bool", "string", "bytes", "group", "map", "stream"],
  ...["optional", "required", "repeated", "oneof", "option", "reserved", "extensions", "extend"],
  ...["message", "enum", "rpc", "returns", "service", "export", "local"],
]);

/** The names that a file and its imports know. */
export class Names {
  readonly #package: string;
  /** What has names of its own within, or is a type. */
  readonly #types = new Set<string>();
  /** Everything else that has a name. */
  readonly #others = new Set<string>();

  constructor(file: DescFile) {
    this.#package = file.proto.package;
    this.#addFile(file, new Set());
  }

  /**
   * The shortest name of a type.
   *
   * @param typeName Full name, with a dot in front or without.
   * @param scope Full name of the message, or the package, in whose braces it stands.
   */
  typeIn(typeName: string, scope: string): string {
    return this.#shortest(typeName, scope, [this.#types]);
  }

  /**
   * The shortest name of a message where whatever has a name first is taken for it, a type or not: as
   * the request or reply of a method, beside whose name it stands, and behind `extend`.
   */
  messageIn(typeName: string, scope: string): string {
    return this.#shortest(typeName, scope, [this.#types, this.#others]);
  }

  #shortest(typeName: string, scope: string, known: readonly ReadonlySet<string>[]): string {
    const full = typeName.replace(/^\./, "");
    for (const outer of scopesFrom(scope)) {
      const isOurs = outer === this.#package || outer.startsWith(dotted(this.#package));
      if (!isOurs || !full.startsWith(dotted(outer))) continue;
      const short = full.slice(dotted(outer).length);
      if (this.#isFoundAt(outer, short, scope, known)) return short;
    }
    return this.#isFoundAt("", full, scope, known) ? full : `.${full}`;
  }

  /** The full name of an extension that is an option, with a dot in front only where it must be. */
  extensionIn(full: string, scope: string): string {
    const isFound = this.#isFoundAt("", full, scope, [this.#types, this.#others]);
    return isFound ? full : `.${full}`;
  }

  /** Whether a name that stands in `scope` is looked up in `outer`, and in no scope before. */
  #isFoundAt(
    outer: string,
    name: string,
    scope: string,
    known: readonly ReadonlySet<string>[],
  ): boolean {
    const first = name.split(".", 1)[0]!;
    if (KEYWORDS.has(first)) return false;
    for (const inner of scopesFrom(scope)) {
      if (inner === outer) return true;
      if (known.some((names) => names.has(dotted(inner) + first))) return false;
    }
    return true;
  }

  #addFile(file: DescFile, seen: Set<DescFile>): void {
    if (seen.has(file)) return;
    seen.add(file);
    for (const each of scopesFrom(file.proto.package)) this.#types.add(each);
    for (const type of nestedTypes(file)) {
      (type.kind === "extension" ? this.#others : this.#types).add(type.typeName);
      const within = dotted(type.typeName);
      if (type.kind === "message") {
        for (const { name } of [...type.fields, ...type.proto.oneofDecl]) {
          this.#others.add(within + name);
        }
        // The entries of its maps, which are not listed as messages, but hide those further out.
        for (const { name } of type.proto.nestedType) this.#types.add(within + name);
      } else if (type.kind === "service") {
        for (const { name } of type.methods) this.#others.add(within + name);
      } else if (type.kind === "enum") {
        // Values are named beside their enum, not within it.
        const beside = type.typeName.slice(0, -type.name.length);
        for (const { name } of type.values) this.#others.add(beside + name);
      }
    }
    for (const dependency of file.dependencies) this.#addFile(dependency, seen);
  }
}

/** A scope and those around it, the innermost first, the root last. */
function scopesFrom(scope: string): string[] {
  const scopes: string[] = [];
  for (let rest = scope; rest !== ""; rest = rest.slice(0, Math.max(rest.lastIndexOf("."), 0))) {
    scopes.push(rest);
  }
  return [...scopes, ""];
}

function dotted(scope: string): string {
  return scope === "" ? "" : `${scope}.`;
}
