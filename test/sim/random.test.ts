import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {SimRandom} from '../../src/sim/random.js';

const ascending = (a: number, b: number) => a - b;

const draw = (random: SimRandom, count = 20) =>
  Array.from({length: count}, () => random.below(1000));

test('random: the same seed and name give the same numbers', t => {
  t.deepEqual(draw(new SimRandom(7).stream('disk')), draw(new SimRandom(7).stream('disk')));
  t.notDeepEqual(draw(new SimRandom(7).stream('disk')), draw(new SimRandom(8).stream('disk')));
});

test('random: what one stream draws leaves the others as they are', t => {
  const one = new SimRandom(7);
  const other = new SimRandom(7);
  draw(one);
  draw(one.stream('new consumer'));
  t.deepEqual(draw(one.stream('disk')), draw(other.stream('disk')));
  t.notDeepEqual(draw(one.stream('disk')), draw(one.stream('network')));
});

test('random: a stream of a stream is not the stream of the joined name', t => {
  const random = new SimRandom(7);
  t.notDeepEqual(draw(random.stream('a').stream('b')), draw(random.stream('a,b')));
});

test('random: this seed gives these numbers, in every version', t => {
  t.deepEqual(draw(new SimRandom(1).stream('disk'), 5), [455, 276, 316, 108, 905]);
});

test('random: numbers are spread evenly', t => {
  const random = new SimRandom(3);
  const counts = Array.from({length: 10}, () => 0);
  for (let drawn = 0; drawn < 100_000; drawn++) {
    const at = random.below(10);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  t.true(counts.every(count => count > 9500 && count < 10_500));
});

test('random: chance(p) comes true in that share of the draws', t => {
  const random = new SimRandom(3);
  const hits = Array.from({length: 100_000}, () => random.chance(0.2)).filter(Boolean).length;
  t.true(hits > 19_500 && hits < 20_500);
  t.false(random.chance(0));
  t.true(random.chance(1));
});

testProp(
  'random: draws stay within their bounds',
  [fc.integer(), fc.integer({min: 1, max: 2 ** 40}), fc.nat(100)],
  (t, seed, limit, count) => {
    const random = new SimRandom(seed);
    const drawn = random.below(limit);
    t.true(Number.isInteger(drawn) && drawn >= 0 && drawn < limit);
    const between = random.between(-limit, limit);
    t.true(between >= -limit && between < limit);
    t.is(random.bytes(count).length, count);
  },
);

testProp(
  'random: a shuffle keeps the items, and a pick is one of them',
  [fc.integer(), fc.array(fc.nat(), {minLength: 1})],
  (t, seed, items) => {
    const random = new SimRandom(seed);
    t.deepEqual(random.shuffle(items).toSorted(ascending), items.toSorted(ascending));
    t.true(items.includes(random.pick(items)));
  },
);

test('random: there is nothing to pick from nothing', t => {
  t.throws(() => new SimRandom(1).pick([]), {instanceOf: RangeError});
});
