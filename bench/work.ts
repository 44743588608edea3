/**
 * Work of a handler that takes the same steps each time, however slow the machine is just then.
 *
 * @module
 */

/** How long the program measures. */
const SECONDS = 2;

const TRIALS = 40;
const TRIAL_TURNS = 200_000;

/** Keeps a core busy for so many turns. */
export function work(turns: number): number {
  let value = 1;
  for (let turn = 0; turn < turns; turn++) value = Math.imul(value, 1_664_525) + turn | 0;
  return value;
}

/** How many turns take a microsecond here, when nobody disturbs. */
export function turnsAMicrosecond(): number {
  let shortestMs = Infinity;
  let sum = 0;
  for (let trial = 0; trial < TRIALS; trial++) {
    const start = performance.now();
    sum += work(TRIAL_TURNS);
    shortestMs = Math.min(shortestMs, performance.now() - start);
  }
  // Whose result nobody reads may not be done at all.
  if (Number.isNaN(sum)) throw new Error("not reached");
  return TRIAL_TURNS / (shortestMs * 1000);
}

/** As a program: how many turns this process does a second, beside whoever else is there. */
if (import.meta.main) {
  const until = performance.now() + SECONDS * 1000;
  let rounds = 0;
  for (; performance.now() < until; rounds++) work(TRIAL_TURNS);
  console.log(rounds * TRIAL_TURNS / SECONDS);
}
