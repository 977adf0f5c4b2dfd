import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {addCrash, describeError, isSpent, restartDelayMs} from '../src/supervision.js';

const policy = {firstDelayMs: 100, delayMsMax: 1_000, restartsMax: 5, windowMs: 10_000};

const crashesEvery = (gapMs: number, count: number) => {
  let recentMs: readonly number[] = [];
  return Array.from({length: count}, (_, no) => {
    recentMs = addCrash(policy, recentMs, no * gapMs);
    return recentMs;
  });
};

test('supervision: delays double up to their limit while crashes follow each other', t => {
  const delays = crashesEvery(1, 6).map(recentMs => restartDelayMs(policy, recentMs));
  t.deepEqual(delays, [100, 200, 400, 800, 1_000, 1_000]);
});

test('supervision: a crash after a quiet window starts over', t => {
  const delays = crashesEvery(policy.windowMs, 4).map(recentMs => restartDelayMs(policy, recentMs));
  t.deepEqual(delays, [100, 100, 100, 100]);
});

test('supervision: one crash more than the budget within the window spends it', t => {
  const spent = crashesEvery(1, 7).map(recentMs => isSpent(policy, recentMs));
  t.deepEqual(spent, [false, false, false, false, false, true, true]);
});

testProp(
  'supervision: what is remembered lies within the window and ends with this crash',
  [fc.array(fc.nat({max: 20_000}), {minLength: 1, maxLength: 30})],
  (t, gaps) => {
    let nowMs = 0;
    let recentMs: number[] = [];
    for (const gapMs of gaps) {
      nowMs += gapMs;
      recentMs = addCrash(policy, recentMs, nowMs);
      t.is(recentMs.at(-1), nowMs);
      t.true(recentMs.every(crashMs => nowMs - crashMs < policy.windowMs));
      t.true(restartDelayMs(policy, recentMs) <= policy.delayMsMax);
    }
  },
);

test('supervision: an error is described in one line, whatever was thrown', t => {
  t.is(describeError(new TypeError('bad')), 'TypeError: bad');
  t.is(describeError('text'), 'text');
  t.is(describeError(undefined), 'undefined');
});
