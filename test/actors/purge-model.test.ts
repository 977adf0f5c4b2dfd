/**
 * The purge against a model of a key's copies. Whatever is written, deleted, merged, lost, kept for
 * later, marked and removed in whatever order: in the end the owners show exactly what they would
 * if nothing had ever been removed.
 */
import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {decidePurge, type PurgeStep} from '../../actors/vnode/decide-purge.js';
import {isDeleted} from '../../src/causality/siblings.js';
import type {Hash64} from '../../src/merkle/object-hash.js';
import {Copies, copiesSteps, type CopiesStep, type Message} from '../helpers/copies-model.js';

type Step =
  | CopiesStep
  | {readonly kind: 'purge'; readonly steps: number}
  /** Whoever leads the purge is started anew. */
  | {readonly kind: 'forget'};

const step: fc.Arbitrary<Step> = fc.oneof(
  ...copiesSteps('put', 'del', 'del'),
  {
    weight: 8,
    arbitrary: fc.record({kind: fc.constant('purge' as const), steps: fc.nat({max: 12})}),
  },
  {weight: 1, arbitrary: fc.constant({kind: 'forget' as const})},
);

/** Where a round of the purge is. */
type Round =
  | {readonly phase: 'check' | 'mark' | 'verify' | 'remove'; next: number; readonly hash: Hash64}
  | {readonly phase: 'settle'; readonly before: ReadonlySet<Message>; readonly hash: Hash64};

class Model {
  readonly copies = new Copies();
  removed = 0;
  #round: Round | null = null;

  /** A purge by timer asks nobody whether anything older is left. */
  constructor(private readonly isByTimer: boolean) {}

  take(one: Step): void {
    if (one.kind === 'purge') {
      for (let left = one.steps; left >= 0; left -= 1) {
        this.#purge();
      }
    } else if (one.kind === 'forget') {
      this.#round = null;
    } else {
      this.copies.take(one);
    }
  }

  #purge(): void {
    const {held} = this.copies;
    const round = this.#round;
    const own = held[0] ?? null;
    if (round === null) {
      this.#round =
        own !== null && isDeleted(own.object) ? {phase: 'check', next: 0, hash: own.hash} : null;
    } else if (round.phase === 'settle') {
      this.#pass(round);
    } else {
      const asked: PurgeStep = round.phase === 'verify' ? 'check' : round.phase;
      // Whoever leads is the last to remove: that tells that something is left to do.
      const at = round.phase === 'remove' ? 2 - round.next : round.next;
      const mine = held[at] ?? null;
      const {answer, next} = decidePurge(asked, mine, round.hash);
      this.removed += mine !== null && next === null ? 1 : 0;
      held[at] = next;
      const isWrong = answer === 'differs' || (round.phase === 'verify' && answer === 'equal');
      round.next += 1;
      this.#round = isWrong ? null : round.next < 3 ? round : this.#after(round);
    }
  }

  #after({phase, hash}: Round): Round | null {
    switch (phase) {
      case 'check':
        return {phase: 'mark', next: 0, hash};
      case 'mark':
        return this.isByTimer
          ? {phase: 'remove', next: 0, hash}
          : {phase: 'settle', before: new Set(this.copies.onTheWay), hash};
      case 'verify':
        return {phase: 'remove', next: 0, hash};
      default:
        return null;
    }
  }

  /** All that was on its way has arrived, somewhere, and then nobody keeps anything. */
  #pass({before, hash}: Extract<Round, {readonly phase: 'settle'}>): void {
    const {onTheWay, hints} = this.copies;
    if (!onTheWay.some(message => before.has(message))) {
      this.#round = hints.length === 0 ? {phase: 'verify', next: 0, hash} : null;
    }
  }
}

function isRight(steps: readonly Step[], isByTimer: boolean): boolean {
  const model = new Model(isByTimer);
  steps.forEach(one => model.take(one));
  model.copies.settle();
  return model.copies.isRight();
}

testProp(
  'purge: a deleted key never returns, and nothing newer is lost, whatever happens in between',
  [fc.array(step, {maxLength: 60, size: 'max'})],
  (t, steps) => {
    t.true(isRight(steps, false));
  },
  {numRuns: 3_000},
);

test('purge: the model catches a purge by timer', t => {
  const steps = fc.array(step, {maxLength: 60, size: 'max'});
  const property = fc.property(steps, one => isRight(one, true));
  t.true(fc.check(property, {numRuns: 3_000, seed: 1}).failed);
});

test('purge: the model does remove what was deleted', t => {
  const model = new Model(false);
  const steps: Step[] = [
    {kind: 'put', at: 0, isBlind: false},
    {kind: 'del', at: 0, isBlind: false},
    ...Array.from({length: 4}, () => ({kind: 'deliver', which: 0}) as const),
    {kind: 'purge', steps: 20},
  ];
  steps.forEach(one => model.take(one));
  t.is(model.removed, 3);
  t.deepEqual(model.copies.held, [null, null, null]);
});
