/**
 * What a step of the purge (actors/purge/) makes of what is held for a key.
 *
 * Invariants:
 *   1. Only an object that is exactly the one that was agreed on, and of which nothing is left but
 *      tombstones, is marked.
 *   2. Only a marked one is removed.
 *   3. A marked one that is asked for as another loses its mark: somebody holds that other one. (It
 *      may have been marked in place of this one, where a power cut took what was not synced.) Both
 *      weigh again, and repair makes them equal.
 */
import {isDeleted} from '../../src/causality/siblings.js';
import type {Hash64} from '../../src/merkle/object-hash.js';
import type {Held} from '../../src/store/held.js';

export type PurgeStep = 'check' | 'mark' | 'remove';

/**
 * What the key holds after the step. gone: nothing. equal: the object that was agreed on. marked:
 * that one, marked. differs: anything else.
 */
export type PurgeAnswer = 'gone' | 'equal' | 'marked' | 'differs';

export type PurgeDecision = {
  readonly answer: PurgeAnswer;
  /** What is held from now on. */
  readonly next: Held | null;
};

export function decidePurge(step: PurgeStep, mine: Held | null, hash: Hash64): PurgeDecision {
  if (mine === null) {
    return {answer: 'gone', next: null};
  }

  const {hi, lo} = mine.hash;
  if (hi !== hash.hi || lo !== hash.lo || !isDeleted(mine.object)) {
    return {answer: 'differs', next: mine.isMarked ? mine.marked(false) : mine};
  }

  if (step === 'remove' && mine.isMarked) {
    return {answer: 'gone', next: null};
  }

  const next = step === 'mark' ? mine.marked(true) : mine;
  return {answer: next.isMarked ? 'marked' : 'equal', next};
}
