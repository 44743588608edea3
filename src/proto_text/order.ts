/**
 * The order of declarations. A descriptor has them in one list for each kind; in the text they are
 * put where the source had them, if that is known, and by kind if not.
 *
 * @module
 */

/** A declaration that waits for its place. */
export interface Placed<T> {
  readonly value: T;
  /** Line and column in the source. */
  readonly start: readonly [number, number] | undefined;
  /**
   * Which of the scope's messages it declares, by index, in ascending order: one for a message, the
   * entry's for a map field, the group's for a group.
   *
   * @default {[]} none
   */
  readonly messages?: readonly number[];
}

/**
 * Merges lists into one. Each keeps its own order, and messages come in the order of their indexes,
 * whichever kind of declaration brings them, as a compiler would number them otherwise.
 *
 * @param lists In the order for those that stand nowhere, or at the same place.
 */
export function inOrder<T>(lists: readonly (readonly Placed<T>[])[]): T[] {
  const rest = lists.map((list) => [...list]);
  const merged: T[] = [];
  let current: Placed<T>[] | undefined;
  let nextMessage = 0;
  while (true) {
    const waiting = rest.filter((list) => list.length > 0);
    if (waiting.length === 0) return merged;
    const allowed = waiting.filter((list) => mayCome(list[0]!, nextMessage));
    // Messages whose order no text can bring about come as they are.
    const choices = allowed.length > 0 ? allowed : waiting;
    const earliest = choices.reduce((a, b) => compareStarts(b[0]!, a[0]!) < 0 ? b : a);
    const isTied = current && choices.includes(current) &&
      compareStarts(current[0]!, earliest[0]!) === 0;
    current = isTied ? current! : earliest;
    const { value, messages = [] } = current.shift()!;
    nextMessage = Math.max(nextMessage, ...messages.map((index) => index + 1));
    merged.push(value);
  }
}

function mayCome({ messages = [] }: Placed<unknown>, nextMessage: number): boolean {
  return messages.every((index, position) => index <= nextMessage + position);
}

function compareStarts({ start: a }: Placed<unknown>, { start: b }: Placed<unknown>): number {
  if (!a || !b) return a ? 1 : b ? -1 : 0;
  return a[0] - b[0] || a[1] - b[1];
}
