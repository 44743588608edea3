/**
 * A file while schemas are read into it: its messages and enums by name, and what it imports.
 *
 * @module
 */

import type { DescEnum, DescFile, DescMessage } from "../deps.ts";
import type { MessageMapping, UnionMapping } from "./mapping.ts";
import type { EnumModel, MessageModel } from "./model.ts";
import { isIdentifier, qualify } from "./naming.ts";
import { cannotExpress, type Place } from "./setup_error.ts";

type TypeModel = MessageModel | EnumModel;

/** Above this, a schema without an id stands in too many places. */
const MAX_TYPES = 2000;

/** Messages and enums of one package. */
export class FileDraft {
  /** What has an id, by schema, side, and the key that it leaves out. */
  readonly named: Map<object, Map<string, MessageMapping | UnionMapping>> = new Map();
  /** As `FileModel` has it. */
  readonly required: Set<string> = new Set();
  readonly #package: string;
  readonly #types = new Map<string, TypeModel | undefined>();
  readonly #imports = new Set<DescFile>();

  constructor(packageName: string) {
    this.#package = packageName;
  }

  /** In the order in which they were opened. */
  get messages(): MessageModel[] {
    return [...this.#types.values()].filter((type) =>
      type !== undefined && "fields" in type
    ) as MessageModel[];
  }

  /** In the order in which they were added. */
  get enums(): EnumModel[] {
    return [...this.#types.values()].filter((type) =>
      type !== undefined && "values" in type
    ) as EnumModel[];
  }

  /** The files of generated messages that are used. */
  get imports(): DescFile[] {
    return [...this.#imports];
  }

  /** Notes a message that has an id. */
  remember(root: object, use: string, message: MessageMapping | UnionMapping): void {
    const uses = this.named.get(root) ?? new Map();
    this.named.set(root, uses.set(use, message));
  }

  /** Makes room for a type, and says its whole name. */
  open(name: string, place: Place): string {
    if (!isIdentifier(name)) {
      throw cannotExpress(place, `"${name}" is no name`, 'use letters and digits, as in "Address"');
    }
    const whole = qualify(this.#package, name);
    if (!this.#types.has(whole)) this.#types.set(whole, undefined);
    if (this.#types.size <= MAX_TYPES) return whole;
    throw cannotExpress(
      place,
      `it would make over ${MAX_TYPES} messages`,
      'give schemas that are used in many places a name, as in .meta({ id: "Address" })',
    );
  }

  /** @throws {TypeError} If another type has the same name. */
  add(type: TypeModel, place: Place): void {
    const other = this.#types.get(type.name);
    if (other !== undefined && JSON.stringify(other) !== JSON.stringify(type)) {
      throw cannotExpress(
        place,
        `two different schemas have the name "${type.name}"`,
        "give one of them another, by .meta({ id }); " +
          "a schema that transforms values or that a union goes by needs one for each use",
      );
    }
    this.#types.set(type.name, type);
  }

  /** Notes that a generated type is used. */
  import(desc: DescMessage | DescEnum): void {
    this.#imports.add(desc.file);
  }
}
