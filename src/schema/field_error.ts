/**
 * Values that cannot be converted, with their places. A conversion knows its own value alone: the place
 * is put together on the way out.
 *
 * @module
 */

/** Something is wrong with a value. */
export class FieldError extends TypeError {
  /** As protobuf names it: `items[2].name`; `""` for the whole. */
  readonly field: string;
  /** What is wrong, without the place. */
  readonly description: string;
  /** Whether the description was written for clients, and not by the engine. */
  readonly isOurs: boolean;

  constructor(description: string, field = "", cause?: unknown) {
    super(field === "" ? description : `${field}: ${description}`, { cause });
    this.field = field;
    this.description = description;
    this.isOurs = cause === undefined;
  }
}

/** The same error, of a value within another one: a field, or an element such as `[2]`. */
export function within(part: string, error: unknown): FieldError {
  if (!(error instanceof FieldError)) {
    return new FieldError(error instanceof Error ? error.message : String(error), part, error);
  }
  const { field, description, cause } = error;
  const path = part === ""
    ? field
    : field === "" || field.startsWith("[")
    ? part + field
    : `${part}.${field}`;
  return new FieldError(description, path, cause);
}

/** Converts the elements of a list. */
export function convertList(
  list: readonly unknown[],
  convert: (value: unknown) => unknown,
): unknown[] {
  const converted = new Array(list.length);
  let i = 0;
  try {
    for (; i < list.length; i++) converted[i] = convert(list[i]);
  } catch (error) {
    throw within(`[${i}]`, error);
  }
  return converted;
}

/** Converts the values of a map of protobuf-es. */
export function convertValues(
  map: Readonly<Record<string, unknown>>,
  convert: (value: unknown) => unknown,
): [string, unknown][] {
  const entries: [string, unknown][] = Object.entries(map);
  let i = 0;
  try {
    for (; i < entries.length; i++) entries[i]![1] = convert(entries[i]![1]);
  } catch (error) {
    throw within(`[${JSON.stringify(entries[i]![0])}]`, error);
  }
  return entries;
}
