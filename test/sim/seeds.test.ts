import test from 'ava';
import {ALL_FAULTS, NETWORK_FAULTS, type Faults} from '../../src/sim/faults.js';
import {runSeed, type SimResult} from '../../src/sim/run.js';
import {FOUND} from './regressions/seeds.js';

const seeds = (from: number, count: number) => Array.from({length: count}, (_, at) => from + at);

const passes = test.macro({
  exec(t, seed: number, faults: Faults) {
    const {violations, operations} = runSeed(seed, {faults});
    t.deepEqual(violations, []);
    t.true(operations > 150);
  },
  title: (given, seed) => `${given ?? ''} (seed ${String(seed)})`,
});

for (const seed of seeds(1000, 20)) {
  test('sim: with delay, reorder and loss every promise is kept', passes, seed, NETWORK_FAULTS);
}

for (const seed of seeds(2000, 40)) {
  test('sim: nothing acknowledged vanishes unsuperseded, whatever fails', passes, seed, ALL_FAULTS);
}

for (const {seed, faults, story} of FOUND) {
  test(`sim: found once: ${story}`, passes, seed, faults);
}

test('sim: the same seed gives the same run, line by line; another one another', t => {
  const run = (seed: number) => runSeed(seed, {faults: ALL_FAULTS, keepTrace: true});
  const [one, again, other] = [run(7), run(7), run(8)];
  t.deepEqual(one.trace, again.trace);
  t.is(one.traceHash, again.traceHash);
  t.true(one.trace.length > 500);
  t.is(one.trace.length, one.events);
  t.not(one.traceHash, other.traceHash);
});

test('sim: a trace holds nothing of the real world', t => {
  const {trace} = runSeed(11, {keepTrace: true});
  t.deepEqual(
    trace.filter(line => /x:\d+|\b20\d\d-\d\d-\d\d/.test(line)),
    [],
  );
});

test('sim: all faults happen: failpoints both ways, crashes, stops, failed commits', t => {
  const lines = seeds(2000, 25).flatMap(
    seed => runSeed(seed, {faults: ALL_FAULTS, keepTrace: true}).trace,
  );
  const happened = (pattern: RegExp) => lines.some(line => pattern.test(line));
  for (const point of ['vnode.work', 'put.decided', 'put.sent', 'coordinator.admit']) {
    t.true(happened(new RegExp(`crash .*failpoint ${point} was armed to crash`)), point);
  }

  for (const point of ['commit.before', 'commit.after']) {
    t.true(happened(new RegExp(`failed: .*failpoint ${point} was armed to crash`)), point);
  }

  t.true(happened(/crashes and loses power$/));
  t.true(happened(/has stopped$/));
  t.true(happened(/StorageFailure/));
  t.true(happened(/ stalls$/));
});

test('sim: a result tells what was done', t => {
  const result: SimResult = runSeed(5, {operations: 30});
  t.true(result.operations >= 50);
  t.true(result.attempts >= result.operations);
  t.true(result.acknowledged > 0);
  t.deepEqual(result.trace, []);
});
