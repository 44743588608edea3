/**
 * Numbers for the fields of one message or the values of one enum: those that are known keep theirs,
 * new ones get the next, those of removed ones are never given again.
 *
 * @module
 */

import { type Problem, problem } from "./breaking.ts";

/** The largest number of a field. */
export const MAX_FIELD_NUMBER = 536_870_911;

/** Numbers that protobuf keeps for itself, in messages; the lock leaves them out in enums too. */
const RESERVED_BY_PROTOBUF = { first: 19_000, last: 19_999 };

/** Names with their numbers. */
export type NumberMap = ReadonlyMap<string, number>;

/** What is known of a message's fields or an enum's values. */
export interface Numbered {
  readonly live: NumberMap;
  /** Removed ones. */
  readonly reserved: NumberMap;
}

/** A {@linkcode Numbered} one generation later. */
export interface Renumbered extends Numbered {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly problems: readonly Problem[];
}

/** Whether protobuf lets no field have this number. */
export function isKeptByProtobuf(number: number): boolean {
  return number >= RESERVED_BY_PROTOBUF.first && number <= RESERVED_BY_PROTOBUF.last;
}

/** Numbers the fields of a message, from 1. */
export function numberFields(
  path: string,
  before: Numbered | undefined,
  names: readonly string[],
): Renumbered {
  return carryOver(path, before ?? NOTHING, names, new Set([0]));
}

/**
 * Numbers the values of an enum, from 0, which the first of them has: it is what a message without
 * the field means, so another first value is a problem.
 */
export function numberValues(
  path: string,
  before: Numbered | undefined,
  names: readonly string[],
): Renumbered {
  const first = names[0];
  const zero = [...before?.live ?? []].find(([, number]) => number === 0)?.[0];
  if (before === undefined || zero === undefined || first === undefined || zero === first) {
    return carryOver(path, before ?? NOTHING, names, new Set());
  }
  const what = `had the zero value "${zero}", has "${first}"`;
  const remedy = names.includes(zero)
    ? `put "${zero}" first`
    : `put "${zero}" back, first; it may be marked as deprecated by its description`;
  const live = new Map(before.live);
  live.delete(zero);
  live.set(first, 0);
  const reserved = new Map([...before.reserved].filter(([name]) => name !== first));
  const next = carryOver(path, { live, reserved }, names, new Set(numbersOf(before)));
  return { ...next, problems: [problem("zero_value", path, what, remedy), ...next.problems] };
}

const NOTHING: Numbered = { live: new Map(), reserved: new Map() };

function carryOver(
  path: string,
  before: Numbered,
  names: readonly string[],
  alsoTaken: ReadonlySet<number>,
): Renumbered {
  const live = new Map<string, number>();
  const reserved = new Map(before.reserved);
  const added: string[] = [];
  const problems: Problem[] = [];
  const next = freeNumbers(new Set([...alsoTaken, ...numbersOf(before)]));
  for (const name of names) {
    const former = before.reserved.get(name);
    if (former !== undefined) {
      reserved.delete(name);
      problems.push(cameBack(path, name, former));
    }
    const known = before.live.get(name) ?? former;
    if (known === undefined) added.push(name);
    live.set(name, known ?? next());
  }
  const removed = [...before.live.keys()].filter((name) => !live.has(name));
  for (const name of removed) reserved.set(name, before.live.get(name)!);
  return { live, reserved, added, removed, problems };
}

function cameBack(path: string, name: string, number: number): Problem {
  return problem(
    "reserved_name",
    `${path}.${name}`,
    `was removed, and is there again: its name and its number ${number} are reserved`,
    `give it a new name; if it was never released, delete the line "${name}": ${number} under ` +
      `"reserved" of ${path} in the lock`,
  );
}

function numbersOf({ live, reserved }: Numbered): number[] {
  return [...live.values(), ...reserved.values()];
}

/** Gives the smallest number that is free, then the next: small ones take fewer bytes. */
function freeNumbers(taken: ReadonlySet<number>): () => number {
  let number = -1;
  return () => {
    do {
      number = isKeptByProtobuf(number + 1) ? RESERVED_BY_PROTOBUF.last + 1 : number + 1;
    } while (taken.has(number));
    return number;
  };
}
