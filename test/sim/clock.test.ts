import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {createActor, createMachine} from 'xstate';
import {SIM_EPOCH_MS, SimClock} from '../../src/sim/clock.js';

test('clock: timers run by deadline, and by creation among equals', t => {
  const clock = new SimClock();
  const ran: string[] = [];
  clock.setTimeout(() => ran.push('late'), 20);
  clock.setTimeout(() => ran.push('first'), 10);
  clock.setTimeout(() => ran.push('second'), 10);
  clock.run(20);
  t.deepEqual(ran, ['first', 'second', 'late']);
});

test('clock: timers started by timers keep exact time', t => {
  const clock = new SimClock();
  const times: number[] = [];
  const tick = () => {
    times.push(clock.nowMs());
    clock.setTimeout(tick, 1000);
  };
  clock.setTimeout(tick, 1000);
  clock.run(3500);
  t.deepEqual(times, [1000, 2000, 3000]);
  t.is(clock.nowMs(), 3500);
});

testProp(
  'clock: any mix of set and cleared timers runs in order, and only what was not cleared',
  [fc.array(fc.record({delayMs: fc.nat(50), cleared: fc.boolean()}), {maxLength: 200})],
  (t, plan) => {
    const clock = new SimClock();
    const ran: number[] = [];
    const timers = plan.map(({delayMs}, at) => clock.setTimeout(() => ran.push(at), delayMs));
    plan.forEach(({cleared}, at) => {
      const timer = timers[at];
      if (cleared && timer !== undefined) {
        clock.clearTimeout(timer);
        clock.clearTimeout(timer);
      }
    });
    const expected = plan
      .map(({delayMs, cleared}, at) => ({delayMs, cleared, at}))
      .filter(({cleared}) => !cleared)
      .toSorted((a, b) => a.delayMs - b.delayMs || a.at - b.at)
      .map(({at}) => at);
    t.is(clock.pending, expected.length);
    while (clock.step()) {
      // Runs them all.
    }
    t.deepEqual(ran, expected);
    t.is(clock.pending, 0);
  },
);

test('clock: the end of the turn comes after the timer and before the next one', t => {
  const clock = new SimClock();
  const ran: string[] = [];
  clock.setTimeout(() => {
    clock.endOfTurn(() => {
      ran.push('end');
      clock.endOfTurn(() => ran.push('end of the end'));
    });
    ran.push('one');
  }, 5);
  clock.setTimeout(() => ran.push('two'), 5);
  clock.run(5);
  t.deepEqual(ran, ['one', 'end', 'end of the end', 'two']);
});

test('clock: an end of turn that is asked for from outside comes with the next step', t => {
  const clock = new SimClock();
  const ran: string[] = [];
  clock.endOfTurn(() => ran.push('end'));
  clock.setTimeout(() => ran.push('timer'), 0);
  clock.run(0);
  t.deepEqual(ran, ['end', 'timer']);
});

test('host clock: nothing of a host runs once it was stopped', t => {
  const clock = new SimClock();
  const host = clock.hostView();
  const other = clock.hostView();
  const ran: string[] = [];
  host.setTimeout(() => {
    ran.push('before');
    host.endOfTurn(() => ran.push('end of turn'));
    host.stop();
    host.setTimeout(() => ran.push('set later'), 1);
  }, 1);
  host.setTimeout(() => ran.push('after'), 2);
  other.setTimeout(() => ran.push('other'), 2);
  clock.run(10);
  t.deepEqual(ran, ['before', 'other']);
  t.is(clock.pending, 0);
});

test('host clock: each host has its own wall time, and it may jump', t => {
  const clock = new SimClock();
  const host = clock.hostView(-5000);
  clock.run(1000);
  t.is(clock.wallMs(), SIM_EPOCH_MS + 1000);
  t.is(host.wallMs(), SIM_EPOCH_MS - 4000);
  host.wallOffsetMs = 60_000;
  t.is(host.wallMs(), SIM_EPOCH_MS + 61_000);
  t.is(host.nowMs(), 1000);
});

test('clock: xstate takes it as it is', t => {
  const clock = new SimClock();
  const machine = createMachine({initial: 'a', states: {a: {after: {1000: 'b'}}, b: {}}});
  const actor = createActor(machine, {clock: clock.hostView()}).start();
  t.teardown(() => actor.stop());
  clock.run(999);
  t.is(actor.getSnapshot().value, 'a');
  clock.run(1000);
  t.is(actor.getSnapshot().value, 'b');
});

test('host clock: what comes due while the host stands still waits, in order', t => {
  const clock = new SimClock();
  const host = clock.hostView();
  const ran: string[] = [];
  host.setTimeout(() => ran.push('one'), 1);
  const cleared = host.setTimeout(() => ran.push('cleared'), 2);
  host.setTimeout(() => {
    ran.push('three');
    host.clearTimeout(cleared);
  }, 1);
  host.setTimeout(() => ran.push('late'), 20);
  host.freeze();
  clock.run(10);
  t.deepEqual(ran, []);
  host.thaw();
  clock.run(10);
  t.deepEqual(ran, ['one', 'three']);
  clock.run(20);
  t.deepEqual(ran, ['one', 'three', 'late']);
});

test('host clock: a host that stops while it stands still never goes on', t => {
  const clock = new SimClock();
  const host = clock.hostView();
  host.setTimeout(() => t.fail('stopped'), 1);
  host.freeze();
  clock.run(10);
  host.stop();
  host.thaw();
  clock.run(20);
  t.is(clock.pending, 0);
});
