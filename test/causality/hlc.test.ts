import {testProp} from '@fast-check/ava';
import test from 'ava';
import * as fc from 'fast-check';
import {HybridClock, hlcOfWallMs, hlcToWallMs} from '../../src/causality/hlc.js';

const wallMs = 1_700_000_000_000;
const minuteMs = 60_000;

testProp(
  'hlc: stamps grow strictly, whatever the wall clock does',
  [fc.array(fc.tuple(fc.integer({min: -5000, max: 5000}), fc.integer({min: -9, max: 9})))],
  (t, steps) => {
    const clock = new HybridClock();
    let last = clock.next(wallMs);
    t.true(last > 0);
    for (const [driftMs, ahead] of steps) {
      const atLeast = last + ahead;
      clock.observe(atLeast, wallMs + driftMs);
      const stamp = clock.next(wallMs + driftMs, atLeast);
      t.true(stamp > last && stamp > atLeast && Number.isSafeInteger(stamp));
      last = stamp;
    }
  },
);

test('hlc: follows the wall clock', t => {
  t.is(hlcToWallMs(hlcOfWallMs(wallMs)), wallMs);
  t.is(new HybridClock().next(wallMs), hlcOfWallMs(wallMs));
  t.is(hlcToWallMs(hlcOfWallMs(wallMs) + 2047), wallMs);
});

test('hlc: goes on upwards after the wall clock was set back', t => {
  const clock = new HybridClock();
  const before = clock.next(wallMs);
  t.is(clock.next(wallMs - 60 * minuteMs), before + 1);
  t.is(clock.next(wallMs - 60 * minuteMs, before), before + 2);
  t.is(clock.farAhead, 0);
});

test('hlc: a stamp from a little ahead moves the clock', t => {
  const clock = new HybridClock();
  const ahead = hlcOfWallMs(wallMs + minuteMs);
  clock.observe(ahead, wallMs);
  t.is(clock.next(wallMs), ahead + 1);
  t.is(clock.farAhead, 0);
});

test('hlc: a stamp from too far ahead is followed once, counted, and never moves the clock', t => {
  const clock = new HybridClock({maxAheadMs: minuteMs});
  const farAhead = hlcOfWallMs(wallMs + minuteMs + 1);
  clock.observe(farAhead, wallMs);
  t.is(clock.farAhead, 1);
  t.is(clock.next(wallMs, farAhead), farAhead + 1);
  t.is(clock.farAhead, 2);
  t.is(clock.next(wallMs), hlcOfWallMs(wallMs));
});

test('hlc: a wall clock out of range still gives safe stamps', t => {
  const clock = new HybridClock();
  t.true(clock.next(-5) > 0);
  t.true(Number.isSafeInteger(clock.next(Number.MAX_SAFE_INTEGER)));
  t.throws(() => clock.next(wallMs, Number.MAX_SAFE_INTEGER), {instanceOf: RangeError});
});
