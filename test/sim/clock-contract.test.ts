import test from 'ava';
import {SimClock} from '../../src/sim/clock.js';
import {testClock} from '../contracts/clock-contract.js';

const untilIn = (clock: SimClock) => async (condition: () => boolean) => {
  while (!condition()) {
    // Microtasks of a turn belong to it.
    await Promise.resolve();
    if (!clock.step() && !condition()) {
      throw new Error('waited in vain');
    }
  }
};

testClock(test, 'simulated', () => {
  const clock = new SimClock();
  return {clock, until: untilIn(clock)};
});

testClock(test, "simulated host's", () => {
  const clock = new SimClock();
  return {clock: clock.hostView(), until: untilIn(clock)};
});
