import test from 'ava';
import {ALL_FAULTS, EVENTS, NETWORK_FAULTS, type Faults} from '../../src/sim/faults.js';
import {runSeed, type SimResult} from '../../src/sim/run.js';
import {FOUND} from './regressions/seeds.js';

const seeds = (from: number, count: number) => Array.from({length: count}, (_, at) => from + at);
const happened = new Map<string, number>();

const passes = test.macro({
  exec(t, seed: number, faults: Faults) {
    const {violations, operations, faults: counts} = runSeed(seed, {faults});
    t.deepEqual(violations, []);
    t.true(operations > 0);
    for (const [kind, count] of Object.entries(counts)) {
      happened.set(kind, (happened.get(kind) ?? 0) + count);
    }
  },
  title: (given, seed) => `${given ?? ''} (seed ${String(seed)})`,
});

for (const seed of seeds(1000, 20)) {
  test.serial(
    'sim: with delay, reorder and loss every promise is kept',
    passes,
    seed,
    NETWORK_FAULTS,
  );
}

for (const seed of seeds(2000, 200)) {
  test.serial('sim: whatever fails, every promise is kept', passes, seed, ALL_FAULTS);
}

test.serial('sim: every kind of fault has happened meanwhile', t => {
  for (const kind of EVENTS.filter(event => ALL_FAULTS.includes(event))) {
    t.true((happened.get(kind) ?? 0) > 10, kind);
  }
});

for (const {seed, faults, story} of FOUND) {
  test(`sim: found once: ${story}`, passes, seed, faults);
}

test('sim: the same seed gives the same run, line by line; another one another', t => {
  const run = (seed: number) => runSeed(seed, {faults: ALL_FAULTS, keepTrace: true});
  const [one, again, other] = [run(7), run(7), run(8)];
  t.deepEqual(one.trace, again.trace);
  t.is(one.traceHash, again.traceHash);
  t.is(one.swarm, again.swarm);
  t.true(one.trace.length > 500);
  t.is(one.trace.length, one.events);
  t.not(one.traceHash, other.traceHash);
});

test('sim: a trace begins with what its seed drew, and holds nothing of the real world', t => {
  const {trace, swarm} = runSeed(11, {keepTrace: true});
  t.is(trace[0], `0.000 ${swarm}`);
  t.deepEqual(
    trace.filter(line => /x:\d+|\b20\d\d-\d\d-\d\d/.test(line)),
    [],
  );
});

test('sim: failpoints crash actors and hosts at every step of a put', t => {
  const kinds: Faults = ['delay', 'failpoint'];
  const lines = seeds(2000, 30).flatMap(
    seed => runSeed(seed, {faults: kinds, keepTrace: true}).trace,
  );
  const isThere = (pattern: RegExp) => lines.some(line => pattern.test(line));
  for (const point of ['vnode.work', 'put.decided', 'put.sent', 'coordinator.admit']) {
    t.true(isThere(new RegExp(`crash .*failpoint ${point} was armed to crash`)), point);
  }

  for (const point of ['commit.before', 'commit.after']) {
    t.true(isThere(new RegExp(`failed: .*failpoint ${point} was armed to crash`)), point);
  }
});

test('sim: a result tells what was done', t => {
  const result: SimResult = runSeed(5, {operations: 30});
  t.true(result.operations >= 50);
  t.true(result.attempts >= result.operations);
  t.true(result.acknowledged >= result.acknowledgedWrites);
  t.true(result.acknowledgedWrites > 0);
  t.deepEqual(result.trace, []);
});
