import test from 'ava';
import {createActor} from 'xstate';
import {bindScrub} from '../../actors/scrub/scrub.effects.js';
import {StorageFailure, type Entry, type Storage} from '../../src/ports/storage.js';
import {SimClock} from '../../src/sim/clock.js';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const options = {passMs: 300 * SECOND, bytesPerSecondMax: 100_000};
const input = {yieldMs: SECOND, yieldsMax: 30};

const entryOf = (at: number, valueBytes: number): Entry => ({
  key: Buffer.from(`k${String(at).padStart(5, '0')}`),
  value: Buffer.alloc(valueBytes),
});

/** A scrub of so many records, on a storage that answers at once. */
function start(records: number, valueBytes: number) {
  const clock = new SimClock();
  const entries = Array.from({length: records}, (_, at) => entryOf(at, valueBytes));
  const reads: Array<{atMs: number; bytes: number; keys: string[]}> = [];
  const state = {busy: false, failure: null as StorageFailure | null};
  const scan: Storage['scan'] = ({from, to, limit}, done) => {
    const found = entries
      .filter(({key}) => Buffer.compare(key, from) >= 0 && Buffer.compare(key, to) < 0)
      .slice(0, limit);
    const bytes = found.reduce((sum, {key, value}) => sum + key.length + value.length, 0);
    const keys = found.map(({key}) => Buffer.from(key).toString());
    reads.push({atMs: clock.nowMs(), bytes, keys});
    const {failure} = state;
    clock.setTimeout(() => done(failure, failure === null ? found : []), 1);
  };
  const storage = {scan} as Storage;
  const scrub = bindScrub({storage, clock, isBusy: () => state.busy}, options);
  const spawn = () => {
    const actor = createActor(scrub.machine, {clock, input});
    actor.start();
    return actor;
  };
  const pass = (ms: number) => clock.run(clock.nowMs() + ms);
  const bytesRead = () => reads.reduce((sum, {bytes}) => sum + bytes, 0);
  return {scrub, spawn, pass, reads, state, bytesRead, actor: spawn()};
}

test('scrub: a pass reads each record once, in chunks, and then begins anew', t => {
  const {reads, pass, scrub} = start(3_000, 1_000);
  while (scrub.status().lastPass === null) {
    pass(SECOND);
  }
  const keys = reads.flatMap(read => read.keys);
  t.is(keys.length, 3_000);
  t.is(new Set(keys).size, 3_000);
  t.true(Math.max(...reads.map(({bytes}) => bytes)) <= 300_000);
  t.like(scrub.status(), {
    pass: {records: 0, bytes: 0},
    lastPass: {records: 3_000, bytes: 3_000 * 1_006},
    problem: '',
  });
  pass(HOUR);
  t.is(reads.flatMap(read => read.keys)[3_000], 'k00000');
});

test('scrub: the first pass keeps to its bytes a second, later ones to the time they have', t => {
  const {pass, bytesRead, scrub, reads} = start(3_000, 1_000);
  pass(20 * SECOND);
  t.true(bytesRead() <= 20 * options.bytesPerSecondMax + 300_000);
  t.true(bytesRead() >= 10 * options.bytesPerSecondMax);
  while (scrub.status().lastPass === null) {
    pass(SECOND);
  }
  const before = bytesRead();
  const from = reads.length;
  pass(options.passMs - (scrub.status().lastPass?.tookMs ?? 0) + options.passMs / 2);
  const share = (bytesRead() - before) / (3_000 * 1_006);
  t.true(share > 0.3 && share < 0.7, `${share} of a pass in half its time`);
  t.true(reads.length > from);
});

test('scrub: large records are read few at a time', t => {
  const {pass, reads} = start(200, 200_000);
  pass(HOUR);
  t.true(reads.slice(1).every(({bytes}) => bytes <= 400_000));
});

test('scrub: a busy host is left alone for half a minute, and then read on all the same', t => {
  const {pass, reads, state} = start(3_000, 100);
  state.busy = true;
  pass(29 * SECOND);
  t.is(reads.length, 0);
  pass(3 * SECOND);
  t.is(reads.length, 1);
  pass(25 * SECOND);
  t.is(reads.length, 1);
  state.busy = false;
  pass(2 * SECOND);
  t.true(reads.length > 1);
});

test('scrub: a read that fails is tried again, and shown', t => {
  const {pass, reads, state, scrub} = start(10, 100);
  state.failure = new StorageFailure('IO', 'refused');
  pass(10 * SECOND);
  t.true(reads.length > 1);
  t.is(scrub.status().problem, 'refused');
  t.is(scrub.status().lastPass, null);
  state.failure = null;
  pass(SECOND);
  t.is(scrub.status().problem, '');
});

test('scrub: a restarted one goes on where the last one was', t => {
  const {pass, reads, actor, spawn} = start(3_000, 1_000);
  pass(5 * SECOND);
  actor.stop();
  const read = reads.flatMap(({keys}) => keys).length;
  pass(HOUR);
  t.is(reads.flatMap(({keys}) => keys).length, read);
  spawn();
  pass(5 * SECOND);
  t.is(new Set(reads.flatMap(({keys}) => keys)).size, reads.flatMap(({keys}) => keys).length);
});

test('scrub: a small store is read and then left alone until the time of a pass is over', t => {
  const {pass, reads, scrub} = start(3, 100);
  pass(10 * SECOND);
  t.is(reads.length, 1);
  t.is(scrub.status().lastPass?.records, 3);
  pass(options.passMs);
  t.is(reads.length, 2);
});
