/**
 * What retiring incarnations (actors/purge/) makes of what is held for a key.
 *
 * Invariants:
 *   1. Only entries of which this object has seen everything, and carries nothing, go from it.
 *   2. What it shows stays as it is.
 *   3. A deleted object is left to the purge, which forgets all of it.
 */
import {isDeleted} from '../../src/causality/siblings.js';
import {areSpent, withoutSpent} from '../../src/causality/spent.js';
import type {VersionVector} from '../../src/causality/version-vector.js';
import {hold, type Held} from '../../src/store/held.js';

export type RetireStep = 'spent' | 'retire';

/** spent: here they may go. retired: they have gone. differs: neither. */
export type RetireAnswer = 'spent' | 'retired' | 'differs';

export type RetireDecision = {
  readonly answer: RetireAnswer;
  /** What is held from now on. */
  readonly next: Held | null;
};

export function decideRetire(
  step: RetireStep,
  mine: Held | null,
  entries: VersionVector,
): RetireDecision {
  if (mine === null || isDeleted(mine.object) || !areSpent(entries, mine.object)) {
    return {answer: 'differs', next: mine};
  }

  return step === 'spent'
    ? {answer: 'spent', next: mine}
    : {answer: 'retired', next: hold(mine.name, withoutSpent(mine.object, entries))};
}
