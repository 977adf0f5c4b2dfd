/**
 * Retiring incarnations against a model of a key's copies. Whatever is written, merged, lost, kept
 * for later and retired in whatever order: in the end the owners show exactly what they would if
 * every vector were whole.
 */
import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {decideRetire} from '../../actors/vnode/decide-retire.js';
import {spentEntries} from '../../src/causality/spent.js';
import type {VersionVector} from '../../src/causality/version-vector.js';
import {Copies, copiesSteps, type CopiesStep, type Message} from '../helpers/copies-model.js';

type Step =
  | CopiesStep
  | {readonly kind: 'retire'; readonly steps: number}
  /** Whoever leads is started anew. */
  | {readonly kind: 'forget'};

const step: fc.Arbitrary<Step> = fc.oneof(
  ...copiesSteps('put', 'put', 'put', 'del'),
  {
    weight: 2,
    arbitrary: fc.record({kind: fc.constant('renew' as const), at: fc.nat({max: 2})}),
  },
  {
    weight: 8,
    arbitrary: fc.record({kind: fc.constant('retire' as const), steps: fc.nat({max: 12})}),
  },
  {weight: 1, arbitrary: fc.constant({kind: 'forget' as const})},
);

type Round = {
  readonly phase: 'spent' | 'settle' | 'retire';
  readonly entries: VersionVector;
  /** The owner that is asked next. */
  next: number;
  /** When the round began. */
  readonly kept: number;
  before: ReadonlySet<Message>;
};

class Model {
  readonly copies = new Copies();
  retired = 0;
  #round: Round | null = null;

  constructor(private readonly skips: 'nothing' | 'barrier' | 'question') {}

  take(one: Step): void {
    if (one.kind === 'retire') {
      for (let left = one.steps; left >= 0; left -= 1) {
        this.#round = this.#round === null ? this.#begin() : this.#goOn(this.#round);
      }
    } else if (one.kind === 'forget') {
      this.#round = null;
    } else {
      this.copies.take(one);
    }
  }

  #begin(): Round | null {
    const {held, hints, kept} = this.copies;
    const [own = null] = held;
    const entries = own === null ? [] : spentEntries(own.object);
    const isFree = hints.length === 0 || this.skips === 'barrier';
    const phase = this.skips === 'question' ? 'settle' : 'spent';
    const before = new Set(this.copies.onTheWay);
    return isFree && entries.length > 0 ? {phase, entries, next: 0, kept, before} : null;
  }

  #goOn(round: Round): Round | null {
    const {held, hints, kept, onTheWay} = this.copies;
    const {phase, entries, next, before} = round;
    if (phase === 'settle') {
      const isPassed = hints.length === 0 && kept === round.kept;
      const hasSettled = this.skips === 'barrier' || !onTheWay.some(one => before.has(one));
      return !hasSettled
        ? round
        : isPassed || this.skips === 'barrier'
          ? {...round, phase: 'retire', next: 0}
          : null;
    }

    // Whoever leads is the last to retire.
    const at = phase === 'retire' ? 2 - next : next;
    const decision = decideRetire(phase, held[at] ?? null, entries);
    this.retired += decision.answer === 'retired' ? 1 : 0;
    held[at] = decision.next;
    if (decision.answer === 'differs') {
      return null;
    }

    const isLast = next === 2;
    return !isLast
      ? {...round, next: next + 1}
      : phase === 'retire'
        ? null
        : {...round, phase: 'settle', before: new Set(onTheWay)};
  }
}

const some = fc.array(step, {maxLength: 80, size: 'max'});

function isRight(steps: readonly Step[], skips: 'nothing' | 'barrier' | 'question'): boolean {
  const model = new Model(skips);
  steps.forEach(one => model.take(one));
  model.copies.settle();
  return model.copies.isRight();
}

testProp(
  'retire: no superseded value returns, and nothing is lost, whatever happens in between',
  [some],
  (t, steps) => {
    t.true(isRight(steps, 'nothing'));
  },
  {numRuns: 5_000},
);

test('retire: the model catches one without its barrier', t => {
  const property = fc.property(some, steps => isRight(steps, 'barrier'));
  t.true(fc.check(property, {numRuns: 20_000, seed: 1}).failed);
});

test('retire: an owner that is not asked before the barrier sends an old copy behind it', t => {
  const steps: Step[] = [
    {kind: 'put', at: 0, isBlind: false},
    {kind: 'arrive'},
    {kind: 'renew', at: 0},
    {kind: 'put', at: 0, isBlind: false},
    // To owner 1, and never to owner 2.
    {kind: 'deliver', which: 0},
    {kind: 'lose', which: 0},
    // Begins, and, where nobody is asked, has settled.
    {kind: 'retire', steps: 1},
    {kind: 'send', at: 2},
    {kind: 'exchange', at: 0, other: 2},
    {kind: 'retire', steps: 2},
    {kind: 'arrive'},
  ];
  t.true(isRight(steps, 'nothing'));
  t.false(isRight(steps, 'question'));
});

test('retire: the model does retire what is spent', t => {
  const model = new Model('nothing');
  const write: Step[] = [{kind: 'put', at: 0, isBlind: false}, {kind: 'arrive'}];
  const steps: Step[] = [...write, {kind: 'renew', at: 0}, ...write, {kind: 'retire', steps: 20}];
  steps.forEach(one => model.take(one));
  t.is(model.retired, 3);
  t.deepEqual(
    model.copies.held.map(held => held?.object.vector),
    Array.from({length: 3}, () => [{incarnation: 'i0.1', counter: 2}]),
  );
});
