import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {logOfUpperTail, PhiAccrual} from '../../src/liveness/phi-accrual.js';

const accrual = (intervalsMs: readonly number[], deviationMsMin = 200) => {
  const made = new PhiAccrual(1_000, deviationMsMin);
  intervalsMs.forEach(interval => made.record(interval));
  return made;
};
const intervals = fc.array(fc.integer({min: 1, max: 5_000}), {maxLength: 100});
const silence = fc.integer({min: 0, max: 600_000});

testProp(
  'phi: never shrinks while the silence grows, and is finite',
  [intervals, silence, silence],
  (t, given, one, other) => {
    const made = accrual(given);
    const [shorter, longer] = [Math.min(one, other), Math.max(one, other)];
    t.true(made.phi(shorter) <= made.phi(longer) + 1e-9);
    t.true(Number.isFinite(made.phi(longer)) && made.phi(shorter) >= 0);
  },
);

testProp(
  'phi: the same silence is less suspicious after a coarser rhythm',
  [fc.integer({min: 200, max: 2_000}), fc.integer({min: 2, max: 4}), fc.integer({min: 1, max: 8})],
  (t, everyMs, factor, times) => {
    const rhythm = (ms: number) => accrual(Array.from({length: 64}, () => ms));
    const silenceMs = everyMs * times;
    t.true(rhythm(everyMs * factor).phi(silenceMs) <= rhythm(everyMs).phi(silenceMs));
  },
);

test('phi: is the number of zeros in how seldom an interval is that long', t => {
  // Of a normal distribution: 0.5 at its mean, 0.1 at 1.2816 deviations, 1e-8 at 5.612.
  const made = accrual(Array.from({length: 64}, () => 1_000));
  t.true(Math.abs(made.phi(1_000) - Math.log10(2)) < 1e-6);
  t.true(Math.abs(made.phi(1_000 + 1.281552 * 200) - 1) < 1e-5);
  t.true(Math.abs(made.phi(1_000 + 5.612001 * 200) - 8) < 1e-5);
});

test('phi: old intervals are forgotten', t => {
  const made = accrual([...Array(64).fill(5_000), ...Array(64).fill(1_000)] as number[]);
  t.deepEqual(made.phi(3_000), accrual(Array(64).fill(1_000) as number[]).phi(3_000));
});

test('tail: series and fraction meet where one takes over from the other', t => {
  for (const at of [-2, 2]) {
    t.true(Math.abs(logOfUpperTail(at - 1e-9) - logOfUpperTail(at + 1e-9)) < 1e-7);
  }

  t.true(Math.abs(logOfUpperTail(10) - Math.log(7.61985302416e-24)) < 1e-9);
});
