import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {chooser, DISTRIBUTIONS} from '../../bench/keys/choosers.js';
import {fractions} from '../../bench/keys/random.js';
import {THETA, zeta, zipfian} from '../../bench/keys/zipfian.js';

const ITEMS = 10_000;
const DRAWS = 400_000;

/** How often each rank came up, as a part of all draws. */
function drawn(items: number): number[] {
  const next = zipfian(items, fractions(7));
  const counts = Array.from({length: items}, () => 0);
  for (let draw = 0; draw < DRAWS; draw++) {
    const rank = next();
    counts[rank] = (counts[rank] ?? 0) + 1;
  }

  return counts.map(count => count / DRAWS);
}

const total = (parts: readonly number[]): number => parts.reduce((sum, part) => sum + part, 0);

test('zipfian: the first ranks come up as often as the law says', t => {
  const parts = drawn(ITEMS);
  const all = zeta(ITEMS, THETA);
  for (const rank of [0, 1]) {
    const expected = 1 / ((rank + 1) ** THETA * all);
    t.true(Math.abs((parts[rank] ?? 0) - expected) < 0.05 * expected, `rank ${rank}`);
  }
});

test('zipfian: the first tenth, hundredth and thousandth of the ranks have their share', t => {
  const parts = drawn(ITEMS);
  const all = zeta(ITEMS, THETA);
  for (const count of [ITEMS / 10, ITEMS / 100, ITEMS / 1_000]) {
    const expected = zeta(count, THETA) / all;
    // The method approximates ranks past the second by a continuous curve.
    t.true(Math.abs(total(parts.slice(0, count)) - expected) < 0.03, `first ${count}`);
  }
});

testProp(
  'choosers: every choice is a record that there is',
  [fc.constantFrom(...DISTRIBUTIONS), fc.integer({min: 1, max: 500}), fc.integer()],
  (t, kind, records, seed) => {
    const choose = chooser(kind, records, fractions(seed));
    for (let draw = 0; draw < 50; draw++) {
      const record = choose(records + draw);
      t.true(Number.isInteger(record) && record >= 0 && record < records + draw);
    }
  },
);

test('choosers: zipfian spreads its popular records, latest prefers the newest', t => {
  const most = (kind: 'zipfian' | 'latest') => {
    const choose = chooser(kind, ITEMS, fractions(3));
    const counts = new Map<number, number>();
    for (let draw = 0; draw < 20_000; draw++) {
      const record = choose(ITEMS);
      counts.set(record, (counts.get(record) ?? 0) + 1);
    }

    return [...counts].toSorted(([, a], [, b]) => b - a).map(([record]) => record);
  };
  t.is(most('latest')[0], ITEMS - 1);
  const popular = most('zipfian').slice(0, 10);
  t.true(Math.max(...popular) - Math.min(...popular) > ITEMS / 4);
});

test('choosers: one seed gives every system the same records', t => {
  const [one, other] = [1, 1].map(seed => chooser('zipfian', ITEMS, fractions(seed)));
  for (let draw = 0; draw < 100; draw++) {
    t.is(one?.(ITEMS), other?.(ITEMS));
  }
});
