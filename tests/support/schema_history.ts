/**
 * Random histories of a schema: edits, generation by generation, each with the lock of the one before.
 * What would break clients is not released: the next generation starts where it had started.
 *
 * @module
 */

import fc from "fast-check";
import { type AppliedLock, applyLock } from "../../src/lock/apply_lock.ts";
import type { Lock } from "../../src/lock/lock.ts";
import type { FileModel } from "../../src/schema/model.ts";
import { type Edit, edited, GENERATION } from "./schema_edits.ts";
import { firstModel } from "./schema_parts.ts";

/** Edits of some generations. */
export const HISTORY: fc.Arbitrary<Edit[][]> = fc.array(GENERATION, { minLength: 1, maxLength: 8 });

/** A generation, released or not. */
export interface Step {
  readonly before: FileModel;
  readonly lock: Lock;
  readonly edits: readonly Edit[];
  readonly after: FileModel;
  readonly applied: AppliedLock;
  readonly isReleased: boolean;
}

/** Runs a history in a package. */
export function* stepsOf(packageName: string, generations: readonly Edit[][]): Generator<Step> {
  let before = firstModel(packageName);
  let { lock } = applyLock(before, undefined);
  for (const edits of generations) {
    const after = edited(before, edits);
    const applied = applyLock(after, lock);
    const isReleased = applied.problems.length === 0;
    yield { before, lock, edits, after, applied, isReleased };
    if (isReleased) [before, lock] = [after, applied.lock];
  }
}
