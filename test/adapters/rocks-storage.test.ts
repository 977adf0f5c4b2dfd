import {execFileSync, spawn} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {RocksStorage} from '../../src/adapters/rocks-storage.js';
import {Database} from '../../src/adapters/rocks/database.js';
import {cannotLoad, failureOf} from '../../src/adapters/rocks/failure.js';
import {storageContract} from '../contracts/storage-contract.js';
import {
  filesOf,
  flipBits,
  killAfterMarked,
  rocksBed,
  startCommitLoop,
  temporaryFolder,
} from '../helpers/rocks-bed.js';
import {close, commit, failureCode, open, put, read, scan} from '../helpers/storage-calls.js';

storageContract('RocksDB storage', async t => rocksBed(t));

const FILLING = fileURLToPath(new URL('../helpers/fill-disk.js', import.meta.url));
const SMALL = {writeBufferBytes: 64 * 1024};

/**
 * Leaves a store whose process was killed after 200 to about 400 small synced commits, and tells
 * how many.
 */
async function killedStore(folder: string, valueBytes = 100): Promise<number> {
  const loop = startCommitLoop(folder, valueBytes);
  return killAfterMarked(loop, 200);
}

for (const round of [1, 2, 3]) {
  test(`rocks: kill -9 amid commits loses none that was reported (${round} of 3)`, async t => {
    const folder = temporaryFolder(t);
    let kept = 0;
    for (const valueBytes of [20, 3000]) {
      const reported = await killedStore(folder, valueBytes);
      const storage = new RocksStorage(folder, SMALL);
      const report = await open(storage);
      t.deepEqual(report, {fresh: false, clean: false, suspect: null, salvaged: null});
      kept = Number((await read(storage, ['last']))[0]);
      t.true(kept >= reported, `${reported} reported, ${kept} found`);
      const keys = Array.from({length: kept}, (_, at) => `k${at + 1}`);
      t.false((await read(storage, keys)).includes(null));
      await close(storage);
    }
  });
}

const closedStore = async (folder: string) => {
  const storage = new RocksStorage(folder, SMALL);
  await open(storage);
  await commit(storage, [put('k', 'x')]);
  await close(storage);
};

const suspicionAfter = async (folder: string) => {
  const storage = new RocksStorage(folder, SMALL);
  const {suspect} = await open(storage);
  await failureCode(close(storage));
  return suspect;
};

/**
 * Damages the log of a killed store and opens it. Fine is: every reported commit is there; or the
 * open said that something is missing; or it failed as CORRUPT.
 */
async function damagedLog(folder: string, reported: number, damage: (log: string) => void) {
  filesOf(folder, '.log').forEach(damage);
  const storage = new RocksStorage(folder, SMALL);
  try {
    const {suspect} = await open(storage);
    const missing = (await scan(storage, 'k', 'l', 100_000)).length < reported;
    return suspect === null ? (missing ? 'missing in silence' : 'all there') : 'suspect';
  } catch (error) {
    return failureOf(error).code;
  } finally {
    await failureCode(close(storage));
  }
}

test('rocks: a log cut anywhere never loses a reported commit in silence', async t => {
  const original = temporaryFolder(t);
  const reported = await killedStore(original);
  const outcomes: string[] = [];
  for (const share of [0, 0.1, 0.35, 0.6, 0.85, 0.99]) {
    const folder = temporaryFolder(t);
    fs.cpSync(original, folder, {recursive: true});
    const outcome = await damagedLog(folder, reported, log => {
      fs.truncateSync(log, Math.floor(fs.statSync(log).size * share));
    });
    t.not(outcome, 'missing in silence', `cut at ${share}`);
    outcomes.push(outcome);
  }
  t.true(outcomes.includes('suspect'));
});

test('rocks: a bit flipped anywhere in a log never loses a reported commit in silence', async t => {
  const original = temporaryFolder(t);
  const reported = await killedStore(original);
  const outcomes: string[] = [];
  for (let at = 0; at < 20; at++) {
    const folder = temporaryFolder(t);
    fs.cpSync(original, folder, {recursive: true});
    const outcome = await damagedLog(folder, reported, log => {
      flipBits(log, [Math.floor((fs.statSync(log).size * at) / 20)]);
    });
    t.not(outcome, 'missing in silence', `flipped at ${at} of 20`);
    outcomes.push(outcome);
  }
  t.true(outcomes.includes('suspect'));
});

test('rocks: when all logs are deleted the store is suspect', async t => {
  const folder = temporaryFolder(t);
  const reported = await killedStore(folder);
  t.is(await damagedLog(folder, reported, log => fs.rmSync(log)), 'suspect');
});

test('rocks: the oldest of several logs never goes missing in silence', async t => {
  for (let round = 0; round < 6; round++) {
    const folder = temporaryFolder(t);
    // Three of these values fill the memtable, so that the kill mostly finds one being written out.
    const reported = await killAfterMarked(startCommitLoop(folder, 20_000), 30 + round);
    const [oldest] = filesOf(folder, '.log');
    const outcome = await damagedLog(folder, reported, log => {
      if (log === oldest) {
        fs.rmSync(log);
      }
    });
    t.not(outcome, 'missing in silence');
  }
});

test('rocks: a hole among the commits makes the store suspect, and is named', async t => {
  const folder = temporaryFolder(t);
  await closedStore(folder);
  const database = await Database.open(path.join(folder, 'db'), {create: false, ...SMALL});
  await database.write([{key: Buffer.from([0, 0x6e, 0, 2]), value: null}]);
  await database.close();
  t.is(await suspicionAfter(folder), 'commit 2 is missing, though commit 3 is there');
});

test('rocks: a missing, cut or garbled commit mark makes the store suspect', async t => {
  const damages: Array<(mark: string) => void> = [
    mark => fs.rmSync(mark),
    mark => fs.truncateSync(mark, 40),
    mark => fs.truncateSync(mark, 0),
    mark => flipBits(mark, [10, 42]),
    mark => fs.writeFileSync(mark, Buffer.alloc(64)),
  ];
  for (const damage of damages) {
    const folder = temporaryFolder(t);
    await closedStore(folder);
    damage(path.join(folder, 'commits'));
    t.regex((await suspicionAfter(folder)) ?? '', /commit mark is (missing|short|garbled)/);
  }
});

test('rocks: one torn slot of the commit mark does no harm', async t => {
  for (const position of [10, 42]) {
    const folder = temporaryFolder(t);
    await closedStore(folder);
    flipBits(path.join(folder, 'commits'), [position]);
    t.is(await suspicionAfter(folder), null);
  }
});

test('rocks: an older database under a newer mark is suspect, both numbers are named', async t => {
  const folder = temporaryFolder(t);
  await closedStore(folder);
  const backup = temporaryFolder(t);
  fs.cpSync(path.join(folder, 'db'), path.join(backup, 'db'), {recursive: true});
  await closedStore(folder);
  fs.rmSync(path.join(folder, 'db'), {recursive: true});
  fs.cpSync(path.join(backup, 'db'), path.join(folder, 'db'), {recursive: true});
  t.regex((await suspicionAfter(folder)) ?? '', /commit 6 was synced.* ends at commit 3/);
});

test('rocks: a vanished database, CURRENT or MANIFEST is CORRUPT, never a fresh store', async t => {
  const damages: Array<(database: string) => void> = [
    database => fs.rmSync(database, {recursive: true}),
    database => fs.rmSync(path.join(database, 'CURRENT')),
    database => fs.writeFileSync(path.join(database, 'CURRENT'), 'MANIFEST'),
    database => {
      const manifest = fs.readdirSync(database).find(name => name.startsWith('MANIFEST')) ?? '';
      fs.rmSync(path.join(database, manifest));
    },
  ];
  for (const damage of damages) {
    const folder = temporaryFolder(t);
    await closedStore(folder);
    damage(path.join(folder, 'db'));
    t.is(await failureCode(open(new RocksStorage(folder))), 'CORRUPT');
  }
});

test('rocks: a creation that was cut before the database was there is fresh', async t => {
  for (const sizeBytes of [0, 40]) {
    const folder = temporaryFolder(t);
    fs.writeFileSync(path.join(folder, 'commits'), Buffer.alloc(sizeBytes));
    const storage = new RocksStorage(folder, SMALL);
    t.true((await open(storage)).fresh);
    await close(storage);
  }
});

test('rocks: another process that has the store open makes it LOCKED', async t => {
  const folder = temporaryFolder(t);
  const loop = startCommitLoop(folder, 10);
  t.teardown(() => loop.kill('SIGKILL'));
  await new Promise(resolve => loop.stdout.once('data', resolve));
  t.is(await failureCode(open(new RocksStorage(folder))), 'LOCKED');
});

test('rocks: every rotation of the log is noticed, also those under unsynced commits', async t => {
  const folder = temporaryFolder(t);
  const storage = new RocksStorage(folder, SMALL);
  await open(storage);
  const before = storage.counters;
  const value = 'x'.repeat(30_000);
  for (let at = 0; at < 600; at++) {
    await commit(storage, [put(`k${at % 50}`, value)], {sync: at % 3 > 0});
  }
  const {syncs, rotations} = storage.counters;
  t.is(syncs - before.syncs, 400);
  t.true(rotations > 150, `${rotations} rotations`);
  await close(storage);
  t.is(await suspicionAfter(folder), null);
});

test('rocks: small commits are not taken for rotations', async t => {
  const storage = new RocksStorage(temporaryFolder(t));
  await open(storage);
  for (let at = 0; at < 300; at++) {
    await commit(storage, at % 2 === 0 ? [] : [put('k', '')]);
  }
  t.deepEqual(storage.counters, {syncs: 301, rotations: 1});
  await close(storage);
});

test('rocks: an engine that cannot load for want of libatomic says what to install', t => {
  const cause = new Error('libatomic.so.1: cannot open shared object file');
  const failure = cannotLoad(new Error('Cannot load addon', {cause}));
  t.is(failure.code, 'CANNOT_LOAD');
  t.regex(failure.message, /libatomic1/);
  t.notRegex(cannotLoad(new Error('no such addon')).message, /libatomic/);
});

const isRoot = process.getuid?.() === 0;

(isRoot ? test : test.skip)(
  `rocks: a full disk fails commits as FULL, reads go on${isRoot ? '' : ' (skipped: not root)'}`,
  async t => {
    const folder = temporaryFolder(t);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'none', folder]);
    t.teardown(() => execFileSync('umount', ['-l', folder]));
    const child = spawn(process.execPath, [FILLING, folder]);
    t.teardown(() => child.kill('SIGKILL'));
    const words = createInterface({input: child.stdout})[Symbol.asyncIterator]();
    const next = async () => String((await words.next()).value);
    const code = await next();
    t.is(await next(), 'read');
    if (code === 'stalled') {
      // Where a flush met the full disk first, the engine may have the writer wait for a recovery
      // that waits for the writer. The store ends then (actors/store/commit-watch.ts).
      t.log('the engine has its writer wait for ever');
      return;
    }

    t.is(code, 'FULL');
    execFileSync('mount', ['-o', 'remount,size=64m', folder]);
    child.stdin.write('room\n');
    t.is(await next(), 'recovered');
  },
);
