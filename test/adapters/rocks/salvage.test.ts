import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import type {ExecutionContext} from 'ava';
import {RocksStorage} from '../../../src/adapters/rocks-storage.js';
import {readMark} from '../../../src/adapters/rocks/commit-mark.js';
import {until} from '../../helpers/until.js';
import {filesOf, flipBits, temporaryFolder} from '../../helpers/rocks-bed.js';
import {
  close,
  commit,
  condemn,
  failureCode,
  open,
  readSealed,
  salvage,
  salvagerOf,
  sealed,
} from '../../helpers/storage-calls.js';

const SMALL = {writeBufferBytes: 64 * 1024};
const DYING = fileURLToPath(new URL('../../helpers/salvage-and-die.js', import.meta.url));
const KEYS = Array.from(
  {length: 1_000},
  (_, at) => `k${String((at * 617) % 1_000).padStart(4, '0')}`,
);
const contentOf = (key: string, round = 0) => `${round} ${key} `.repeat(20);

/** Each key is written twice, over several tables and logs. Tells the storage, still open. */
async function fill(folder: string): Promise<RocksStorage> {
  const storage = new RocksStorage(folder, SMALL);
  await open(storage);
  for (const round of [1, 2]) {
    for (let at = 0; at < KEYS.length; at += 10) {
      const batch = KEYS.slice(at, at + 10).map(key => sealed(key, contentOf(key, round)));
      await commit(storage, batch, {sync: at % 100 === 90});
    }
  }
  return storage;
}

/** Made once, and copied for each test: filling them takes longest. */
const bases = fs.mkdtempSync(path.join(os.tmpdir(), 'quorate-storage-'));
const base = (name: 'dead' | 'closed') => path.join(bases, name);

test.before(async () => {
  const storage = await fill(base('closed'));
  // The commit mark follows at a distance. One commit was that of the open.
  await until(() => readMark(path.join(base('closed'), 'commits')) === 201);
  fs.cpSync(base('closed'), base('dead'), {recursive: true});
  await close(storage);
});
test.after.always(() => fs.rmSync(bases, {recursive: true, force: true}));

const copyOf = (t: ExecutionContext, folder: string): string => {
  const copy = temporaryFolder(t);
  fs.cpSync(folder, copy, {recursive: true});
  return copy;
};

/** A store whose process died: its newest records are in logs alone. */
const dead = (t: ExecutionContext) => copyOf(t, base('dead'));
const closed = (t: ExecutionContext) => copyOf(t, base('closed'));

/** Opens, salvages when it must, and tells what is there. */
async function recover(folder: string, {always = false} = {}) {
  const storage = new RocksStorage(folder, SMALL);
  const opening = open(storage);
  const code = await failureCode(opening);
  const found = code === 'no failure' ? (await opening).suspect : code;
  const report = found !== null || always ? await salvage(storage, 'a test') : await opening;
  const answers = await readSealed(storage, KEYS);
  await close(storage);
  const newest = answers.filter((answer, at) => answer === contentOf(KEYS[at] ?? '', 2)).length;
  const older = answers.filter((answer, at) => answer === contentOf(KEYS[at] ?? '', 1)).length;
  const absent = answers.filter(answer => answer === null).length;
  return {
    found,
    salvaged: report.salvaged,
    newest,
    older,
    absent,
    wrong: 1_000 - newest - older - absent,
  };
}

const places = (count: number) => Array.from({length: count}, (_, at) => (at + 0.5) / count);
const flipAt = (file: string, share: number) =>
  flipBits(file, [Math.floor(fs.statSync(file).size * share)]);
const cutAt = (file: string, share: number) =>
  fs.truncateSync(file, Math.floor(fs.statSync(file).size * share));
const largest = (files: readonly string[]) =>
  files.toSorted((a, b) => fs.statSync(a).size - fs.statSync(b).size).at(-1) ?? '';
const manifestOf = (folder: string) => {
  const database = path.join(folder, 'db');
  const name = fs.readdirSync(database).find(each => each.startsWith('MANIFEST')) ?? '';
  return path.join(database, name);
};

test('salvage: a bit flipped anywhere in a table costs the few records beside it', async t => {
  for (const share of places(8)) {
    const folder = closed(t);
    flipAt(largest(filesOf(folder, '.sst')), share);
    const {newest, wrong} = await recover(folder, {always: true});
    t.is(wrong, 0);
    t.true(newest >= 984, `${newest} of 1,000 left, flipped at ${share}`);
  }
});

test('salvage: a table without its end keeps what comes before', async t => {
  for (const share of [0.3, 0.6, 0.9]) {
    const folder = closed(t);
    cutAt(largest(filesOf(folder, '.sst')), share);
    const {found, newest, wrong, salvaged} = await recover(folder, {always: true});
    t.is(found, 'CORRUPT');
    t.is(wrong, 0);
    t.true(newest >= 1_000 * (share - 0.2), `${newest} of 1,000 left, cut at ${share}`);
    t.true((salvaged?.damagedPlaces ?? 0) > 0);
  }
});

test('salvage: a bit flipped in a log costs less than what the engine leaves out', async t => {
  let noticed = 0;
  for (const share of places(8)) {
    const folder = dead(t);
    for (const log of filesOf(folder, '.log')) {
      flipAt(log, share);
    }
    const {found, newest, older, wrong} = await recover(folder);
    noticed += found === null ? 0 : 1;
    t.is(wrong, 0);
    t.true(newest + older === 1_000, 'an older version stands for a damaged one');
    t.true(newest > 800, `${newest} of 1,000 left, flipped at ${share}`);
  }
  t.true(noticed > 0, 'also flips that the engine noticed when opening');
});

test('salvage: a log cut short keeps what comes before', async t => {
  const folder = dead(t);
  for (const log of filesOf(folder, '.log')) {
    cutAt(log, 0.5);
  }
  const {found, newest, older, wrong, salvaged} = await recover(folder);
  t.truthy(found);
  t.deepEqual([newest + older, wrong], [1_000, 0]);
  t.is(salvaged?.records, 1_000);
});

for (const [what, damage] of Object.entries({
  'flipped bits in the manifest': (folder: string) =>
    places(5).forEach(share => flipAt(manifestOf(folder), share)),
  'half a manifest': (folder: string) => cutAt(manifestOf(folder), 0.5),
  'no manifest': (folder: string) => fs.rmSync(manifestOf(folder)),
  'no CURRENT file': (folder: string) => fs.rmSync(path.join(folder, 'db', 'CURRENT')),
})) {
  test(`salvage: ${what} costs no record`, async t => {
    const folder = dead(t);
    damage(folder);
    const {found, newest, salvaged} = await recover(folder);
    t.truthy(found);
    t.is(newest, 1_000);
    t.is(salvaged?.damagedPlaces, 0);
  });
}

test('salvage: a vanished database leaves an empty store, kept apart from a fresh one', async t => {
  const folder = closed(t);
  fs.rmSync(path.join(folder, 'db'), {recursive: true});
  const {found, absent, salvaged} = await recover(folder);
  t.is(found, 'CORRUPT');
  t.is(absent, 1_000);
  t.is(salvaged?.records, 0);
});

test('salvage: damage that a compaction meets fails the commits as CORRUPT', async t => {
  const folder = closed(t);
  for (const table of filesOf(folder, '.sst')) {
    flipAt(table, 0.4);
  }
  const storage = new RocksStorage(folder, SMALL);
  t.is(await failureCode(open(storage)), 'no failure');
  let code = 'no failure';
  for (let round = 0; code === 'no failure' && round < 5_000; round += 1) {
    const keys = KEYS.slice((round * 10) % 1_000, ((round * 10) % 1_000) + 10);
    const batch = keys.map(key => sealed(key, contentOf(key, 2)));
    code = await failureCode(commit(storage, batch, {sync: false}));
  }
  t.is(code, 'CORRUPT');
  await condemn(storage, 'a compaction met damage');
  await failureCode(close(storage));

  const {found, newest, wrong, salvaged} = await recover(folder);
  t.is(found, 'CORRUPT');
  t.is(salvaged?.why, 'a compaction met damage');
  t.true(newest > 900, `${newest} of 1,000 left`);
  t.is(wrong, 0);
});

test('salvage: the damaged store is kept, and the one before that goes', async t => {
  const folder = closed(t);
  for (const name of ['damaged-1', 'damaged-2']) {
    const storage = new RocksStorage(folder, SMALL);
    await open(storage);
    await condemn(storage, `found ${name}`);
    await failureCode(close(storage));
    const {salvaged} = await recover(folder);
    t.is(salvaged?.keptAt, path.join(folder, name));
    t.deepEqual(fs.readdirSync(folder).toSorted(), ['commits', name, 'db'].toSorted());
    const note = fs.readFileSync(path.join(folder, name, 'README.txt'), 'utf8');
    t.regex(note, new RegExp(`found ${name}`));
    t.true(filesOf(path.join(folder, name), '.sst').length > 0);
  }
});

test('salvage: a mark that cannot be read itself still means damage', async t => {
  const folder = closed(t);
  fs.writeFileSync(path.join(folder, 'damaged'), 'gar');
  const {found, newest} = await recover(folder);
  t.is(found, 'CORRUPT');
  t.is(newest, 1_000);
});

test('salvage: a store that another process has open is LOCKED, and left as it was', async t => {
  const folder = closed(t);
  const other = new RocksStorage(folder, SMALL);
  await open(other);
  await condemn(other, 'damage');
  const child = spawnSync(process.execPath, [DYING, folder, 'all'], {encoding: 'utf8'});
  t.regex(child.stderr, /LOCKED/);
  t.true(fs.existsSync(path.join(folder, 'db', 'CURRENT')));
  await failureCode(close(other));
  t.is((await recover(folder)).newest, 1_000);
});

test('salvage: a kill at any step loses nothing, the next start salvages again', async t => {
  const original = dead(t);
  fs.rmSync(manifestOf(original));
  let kills = 0;
  for (let step = 1; step <= 60; step += 1) {
    const folder = copyOf(t, original);
    const {signal, status} = spawnSync(process.execPath, [DYING, folder, 'step', String(step)]);
    const {found, newest, salvaged, wrong} = await recover(folder);
    t.deepEqual([newest, wrong], [1_000, 0], `killed at step ${step}`);
    if (signal === null) {
      t.is(status, 0);
      t.is(found, null);
      break;
    }
    kills += 1;
    t.is(found === null, salvaged === null);
  }
  t.true(kills >= 8 && kills < 60, `${kills} steps`);
});

test('salvage: a kill amid the copying loses nothing', async t => {
  const folder = dead(t);
  fs.rmSync(manifestOf(folder));
  const {signal} = spawnSync(process.execPath, [DYING, folder, 'copying']);
  t.is(signal, 'SIGKILL');
  const {found, newest} = await recover(folder);
  t.is(found, 'CORRUPT');
  t.is(newest, 1_000);
});

test('salvage: a record that clients made to look like another is never taken for one', async t => {
  const folder = temporaryFolder(t);
  const storage = new RocksStorage(folder, SMALL);
  await open(storage);
  const forged = sealed('k-forged', 'forged');
  const key = Buffer.concat([forged.key, Buffer.from([1, 255, 255, 0, 0, 0, 0, 0])]);
  const head = Buffer.from([0, key.length, forged.value?.length ?? 0]);
  const entry = Buffer.concat([head, key, forged.value ?? head]);
  const lure = Buffer.concat(Array.from({length: 200}, () => entry)).toString('latin1');
  for (let at = 0; at < 40; at += 1) {
    const carrier = Buffer.from(`a${at}`);
    await commit(storage, [{key: carrier, value: Buffer.from(lure, 'latin1')}]);
    await commit(storage, [sealed(`b${at}`, 'x')]);
  }
  await close(storage);
  for (const share of places(12)) {
    const copy = copyOf(t, folder);
    flipAt(largest(filesOf(copy, '.sst')), share);
    const damaged = new RocksStorage(copy, SMALL);
    await failureCode(open(damaged));
    const {salvager, asked} = salvagerOf();
    await salvage(damaged, 'a test', salvager);
    t.false(asked.includes('k-forged'));
    await close(damaged);
  }
});
