import test from 'ava';
import {SimClock} from '../../src/sim/clock.js';
import {SimDisk} from '../../src/sim/disk.js';
import {SimRandom} from '../../src/sim/random.js';
import {storageContract} from '../contracts/storage-contract.js';
import type {StorageBed} from '../contracts/storage-contract.js';
import {close, commit, failureCode, open, put, read, scan} from '../helpers/storage-calls.js';

const random = new SimRandom(1);

/** Lets simulated time pass until the work has ended. */
async function settle<T>(clock: SimClock, work: Promise<T>): Promise<T> {
  const state = {ended: false};
  const end = () => {
    state.ended = true;
  };
  work.then(end, end);
  for (let rounds = 0; !state.ended && rounds < 1000; rounds++) {
    clock.run(clock.nowMs() + 100);
    // The work is a chain of promises: it goes on between two looks at the clock.
    await new Promise(resolve => setImmediate(resolve));
  }
  return work;
}

function simBed(clock = new SimClock(), disk = new SimDisk(random.stream('crash'))): StorageBed {
  const storage = () => disk.storage(clock, random.stream('disk'));
  return {
    storage,
    settle: work => settle(clock, work),
    crashAfter: async commits => {
      const dying = storage();
      await settle(clock, open(dying));
      for (const {operations, sync} of commits) {
        await settle(clock, commit(dying, operations, {sync}));
      }
      disk.crash({loseUnsynced: true});
    },
    loseSyncedTail: async () => disk.loseSynced(3),
    damage: async () => disk.failReads('CORRUPT'),
    damageSome: async () => {
      disk.rot(3);
    },
    copy: async () => simBed(clock, disk.copy()),
  };
}

storageContract('simulated storage', async () => simBed());

const setUp = async (seed = 1) => {
  const clock = new SimClock();
  const disk = new SimDisk(new SimRandom(seed).stream('crash'));
  const make = () => disk.storage(clock, new SimRandom(seed).stream('disk'));
  const storage = make();
  await settle(clock, open(storage));
  const run = <T>(work: Promise<T>) => settle(clock, work);
  return {clock, disk, make, storage, run};
};

test('sim disk: without a power cut a crash keeps unsynced commits', async t => {
  const {disk, make, storage, run} = await setUp();
  await run(commit(storage, [put('k', 'x')], {sync: false}));
  disk.crash({loseUnsynced: false});
  const next = make();
  await run(open(next));
  t.deepEqual(await run(read(next, ['k'])), ['x']);
});

test('sim disk: power cuts lose from none to all of the unsynced commits', async t => {
  const survivors = new Set<number>();
  for (let seed = 0; seed < 60; seed++) {
    const {disk, make, storage, run} = await setUp(seed);
    for (const key of ['a', 'b', 'c']) {
      await run(commit(storage, [put(key, 'x')], {sync: false}));
    }
    disk.crash({loseUnsynced: true});
    const next = make();
    await run(open(next));
    survivors.add((await run(scan(next, 'a', 'z'))).length);
  }
  t.deepEqual(survivors.size, 4);
});

test('sim disk: what survived one power cut and was opened survives the next', async t => {
  const {disk, make, storage, run} = await setUp();
  await run(commit(storage, [put('k', 'x')], {sync: false}));
  disk.crash({loseUnsynced: false});
  await run(open(make()));
  disk.crash({loseUnsynced: true});
  const next = make();
  await run(open(next));
  t.deepEqual(await run(read(next, ['k'])), ['x']);
});

test('sim disk: nothing that was under way at a crash ever ends', async t => {
  const {clock, disk, storage} = await setUp();
  const ended: string[] = [];
  storage.commit([put('k', 'x')], {sync: true}, () => ended.push('commit'));
  storage.read([Buffer.from('k')], () => ended.push('read'));
  storage.close(() => ended.push('close'));
  disk.crash({loseUnsynced: true});
  clock.run(clock.nowMs() + 10_000);
  storage.read([Buffer.from('k')], () => ended.push('read after'));
  clock.run(clock.nowMs() + 10_000);
  t.deepEqual(ended, []);
});

test('sim disk: a wiped disk is fresh', async t => {
  const {disk, make, storage, run} = await setUp();
  await run(commit(storage, [put('k', 'x')]));
  disk.wipe();
  const next = make();
  t.deepEqual(await run(open(next)), {fresh: true, clean: true, suspect: null, salvaged: null});
  t.deepEqual(await run(read(next, ['k'])), [null]);
});

test('sim disk: a failed commit may have been applied; unless full, it is the last', async t => {
  for (const applied of [false, true]) {
    const {disk, storage, run} = await setUp();
    disk.failNextCommit('FULL', {applied});
    t.is(await run(failureCode(commit(storage, [put('k', 'x')]))), 'FULL');
    t.deepEqual(await run(read(storage, ['k'])), [applied ? 'x' : null]);
    await run(commit(storage, [put('l', 'x')]));

    disk.failNextCommit('IO', {applied});
    t.is(await run(failureCode(commit(storage, [put('m', 'x')]))), 'IO');
    t.is(await run(failureCode(commit(storage, [put('n', 'x')]))), 'IO');
    t.deepEqual(await run(read(storage, ['l', 'm', 'n'])), ['x', applied ? 'x' : null, null]);
    t.is(await run(failureCode(close(storage))), 'IO');
  }
});

test('sim disk: a held disk ends nothing until it is released', async t => {
  const {clock, disk, storage} = await setUp();
  const ended: string[] = [];
  disk.hold();
  storage.commit([put('k', 'x')], {sync: true}, error => ended.push(`commit ${String(error)}`));
  clock.run(clock.nowMs() + 10_000);
  t.deepEqual(ended, []);
  disk.release();
  clock.run(clock.nowMs() + 1000);
  t.deepEqual(ended, ['commit null']);
});

test('sim disk: failing reads fail each key, and work again afterwards', async t => {
  const {disk, storage, run} = await setUp();
  await run(commit(storage, [put('k', 'x')]));
  disk.failReads('IO');
  t.deepEqual(await run(read(storage, ['k', 'l'])), ['IO', 'IO']);
  t.is(await run(failureCode(scan(storage, 'a', 'z'))), 'IO');
  disk.failReads(null);
  t.deepEqual(await run(read(storage, ['k', 'l'])), ['x', null]);
});

test('sim disk: a full disk takes no commit, and goes on once there is room', async t => {
  const {disk, storage, run} = await setUp();
  disk.fill();
  t.is(await run(failureCode(commit(storage, [put('k', 'x')]))), 'FULL');
  t.is(await run(failureCode(commit(storage, [put('k', 'x')]))), 'FULL');
  t.deepEqual(await run(read(storage, ['k'])), [null]);
  disk.makeRoom();
  await run(commit(storage, [put('k', 'y')]));
  t.deepEqual(await run(read(storage, ['k'])), ['y']);
});

test('sim disk: one failing read is followed by good ones', async t => {
  const {disk, storage, run} = await setUp();
  await run(commit(storage, [put('k', 'x')]));
  disk.failNextRead('IO');
  t.deepEqual(await run(read(storage, ['k'])), ['IO']);
  t.deepEqual(await run(read(storage, ['k'])), ['x']);
});

test('sim disk: healed, nothing that was to go wrong does', async t => {
  const {disk, storage, run} = await setUp();
  disk.fill();
  disk.failReads('IO');
  disk.failNextRead('IO');
  disk.failNextCommit('IO', {applied: false});
  disk.hold();
  disk.heal();
  await run(commit(storage, [put('k', 'x')]));
  t.deepEqual(await run(read(storage, ['k'])), ['x']);
});
