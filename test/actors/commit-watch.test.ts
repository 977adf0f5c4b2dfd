import test from 'ava';
import {CommitWatch, STUCK_MS} from '../../actors/store/commit-watch.js';
import type {Clock} from '../../src/ports/clock.js';

test('stuck: a process that stood still for an hour gives its commit time to have ended', t => {
  const timers: Array<() => void> = [];
  const clock = {
    nowMs: () => 0,
    setTimeout: (call: () => void) => timers.push(call),
  } as unknown as Clock;
  let stuck = 0;
  const watch = new CommitWatch(clock, () => {
    stuck += 1;
  });
  watch.begin();
  // However long that took, it is one look.
  timers.shift()?.();
  watch.end();
  timers.shift()?.();
  t.is(timers.length, 0);
  t.is(stuck, 0);
  watch.begin();
  for (let waitedMs = 0; waitedMs < STUCK_MS; waitedMs += 5_000) {
    t.is(stuck, 0);
    timers.shift()?.();
  }

  t.is(stuck, 1);
});
