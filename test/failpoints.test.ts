import test from 'ava';
import {FailpointHit, Failpoints, FAILPOINTS, isFailpoint} from '../src/failpoints.js';

const neverExits = () => {
  throw new Error('exit was called');
};

/** How many of `hits` hits crash. */
const crashes = (failpoints: Failpoints, hits: number, partition: number | null = null) =>
  Array.from({length: hits}, () => {
    try {
      failpoints.hit('put.decided', partition);
      return false;
    } catch (error) {
      return error instanceof FailpointHit;
    }
  });

test('failpoints: disarmed ones do nothing', t => {
  t.notThrows(() => FAILPOINTS.forEach(name => new Failpoints(neverExits).hit(name)));
});

test('failpoints: an armed one crashes as often as asked for, its neighbours never', t => {
  const failpoints = new Failpoints(neverExits);
  failpoints.arm('put.decided', 'crash', 2);
  t.notThrows(() => failpoints.hit('put.sent'));
  t.deepEqual(crashes(failpoints, 4), [true, true, false, false]);
});

test('failpoints: one armed for a partition is hit there only', t => {
  const failpoints = new Failpoints(neverExits);
  failpoints.arm('put.decided', 'crash', 1, 7);
  t.deepEqual(crashes(failpoints, 2, 8), [false, false]);
  t.deepEqual(crashes(failpoints, 1), [false]);
  t.deepEqual(crashes(failpoints, 2, 7), [true, false]);
});

test('failpoints: exit ends the process; nothing after the point runs until it has', t => {
  let exits = 0;
  const failpoints = new Failpoints(() => {
    exits += 1;
  });
  failpoints.arm('commit.before', 'exit');
  t.throws(() => failpoints.hit('commit.before'), {instanceOf: FailpointHit});
  t.is(exits, 1);
});

test('failpoints: names that are none are told from those that are', t => {
  t.true(FAILPOINTS.every(isFailpoint));
  t.false(isFailpoint('put.undecided'));
});
