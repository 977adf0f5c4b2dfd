import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {Tally} from '../../src/quorum/tally.js';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const anyQuorum = fc.integer({min: 1, max: NAMES.length}).chain(slots =>
  fc.record({
    slots: fc.constant(NAMES.slice(0, slots)),
    needed: fc.integer({min: 1, max: slots + 1}),
    answers: fc.array(
      fc.record({
        slot: fc.constantFrom(...NAMES, 'stranger'),
        says: fc.constantFrom('ack' as const, 'refuse' as const, 'lose' as const),
      }),
      {minLength: 1, maxLength: 12},
    ),
  }),
);

testProp(
  'tally: counts the first answer of each slot and of nobody else',
  [anyQuorum],
  (t, quorum) => {
    const tally = new Tally(quorum.needed, quorum.slots);
    const first = new Map<string, string>();
    for (const {slot, says} of quorum.answers) {
      const counts = quorum.slots.includes(slot) && !first.has(slot);
      t.is(tally[says](slot), counts);
      if (counts) {
        first.set(slot, says);
      }
    }

    const count = (says: string) => [...first.values()].filter(said => said === says).length;
    t.deepEqual([tally.acks, tally.refusals, tally.lost], ['ack', 'refuse', 'lose'].map(count));
  },
);

testProp('tally: met and impossible are final', [anyQuorum], (t, {needed, slots, answers}) => {
  const tally = new Tally(needed, slots);
  let last = tally.verdict;
  for (const {slot, says} of answers) {
    tally[says](slot);
    t.true(last === 'pending' || tally.verdict === last);
    last = tally.verdict;
  }
});

testProp(
  'tally: pending means that those who have not answered decide',
  [anyQuorum],
  (t, quorum) => {
    const {needed, slots, answers} = quorum;
    const best = new Tally(needed, slots);
    const worst = new Tally(needed, slots);
    for (const {slot, says} of answers) {
      best[says](slot);
      worst[says](slot);
    }

    const {verdict} = best;
    slots.forEach(slot => best.ack(slot));
    slots.forEach(slot => worst.refuse(slot));
    const ends = [best.verdict, worst.verdict];
    t.deepEqual(ends, verdict === 'pending' ? ['met', 'impossible'] : [verdict, verdict]);
  },
);

testProp(
  'tally: the work may be done unless too many slots are known not to have done it',
  [anyQuorum],
  (t, quorum) => {
    const {needed, slots, answers} = quorum;
    const tally = new Tally(needed, slots);
    answers.forEach(({slot, says}) => tally[says](slot));
    t.is(tally.mayBeDone, slots.length - tally.refusals >= needed);
  },
);

test('tally: a lost slot is not an ack, and may have done the work all the same', t => {
  const tally = new Tally(2, ['a', 'b', 'c']);
  tally.lose('a');
  t.is(tally.verdict, 'pending');
  tally.lose('b');
  t.is(tally.verdict, 'impossible');
  t.true(tally.mayBeDone);
});

test('tally: more than there are slots is impossible from the start', t => {
  t.is(new Tally(3, ['a', 'b']).verdict, 'impossible');
});
