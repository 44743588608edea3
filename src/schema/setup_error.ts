/**
 * What is said of a schema that protobuf has no words for: where it is, why, and what to do.
 *
 * @module
 */

/** Where a schema is. */
export interface Place {
  /** `the request of "demo.v1.Greeter/SayHello"`. */
  readonly root: string;
  /** `items[].name`; empty for the root. */
  readonly path: string;
}

/** A place within another, by a key. */
export function within(place: Place, key: string): Place {
  return { ...place, path: place.path === "" ? key : `${place.path}.${key}` };
}

/** The elements of a place. */
export function elementsOf(place: Place): Place {
  return { ...place, path: `${place.path}[]` };
}

/** Says what cannot be expressed, and the remedy. */
export function cannotExpress(place: Place, reason: string, remedy: string): TypeError {
  const what = place.path === "" ? place.root : `"${place.path}" in ${place.root}`;
  return new TypeError(`Cannot express ${what} in protobuf, as ${reason}: ${remedy}`);
}
