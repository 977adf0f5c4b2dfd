import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {RocksStorage} from '../../src/adapters/rocks-storage.js';
import {noPowerCutReason, PowerCutDisk} from '../helpers/power-cut-disk.js';
import {killAfterCommits, startCommitLoop} from '../helpers/rocks-bed.js';
import {close, failureCode, open, put, commit, read} from '../helpers/storage-calls.js';

const reason = noPowerCutReason();
const powerTest = reason === null ? test.serial : test.serial.skip;
const skipped = reason === null ? '' : ` (skipped: ${reason})`;

/** The name of a file may have become durable with the commits of others. */
const contentOf = (file: string) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '');

powerTest(`power cut: every synced commit survives, over many rotations${skipped}`, async t => {
  const disk = new PowerCutDisk(128);
  t.teardown(() => disk.remove());
  const folder = path.join(disk.folder, 'store');

  let kept = 0;
  for (const [valueBytes, commits, syncEvery] of [
    [3000, 1000, 1],
    [10, 300, 1],
    [20_000, 600, 2],
    [20_000, 600, 5],
  ] as const) {
    const unsynced = path.join(disk.folder, `unsynced-${valueBytes}-${syncEvery}`);
    const loop = startCommitLoop(folder, valueBytes, syncEvery);
    const reported = await killAfterCommits(loop, commits, () => {
      fs.writeFileSync(unsynced, 'lost');
      disk.cut();
    });
    await disk.restore();
    t.not(contentOf(unsynced), 'lost', 'the cut loses what was not synced');

    const storage = new RocksStorage(folder);
    t.deepEqual(await open(storage), {fresh: false, clean: false, suspect: null, salvaged: null});
    kept = Number((await read(storage, ['last']))[0]);
    t.true(kept >= reported, `${reported} reported, ${kept} found`);
    const keys = Array.from({length: kept}, (_, at) => `k${at + 1}`);
    t.false((await read(storage, keys)).includes(null));
    await close(storage);
  }
});

powerTest(`power cut: a closed store is clean after it${skipped}`, async t => {
  const disk = new PowerCutDisk(64);
  t.teardown(() => disk.remove());
  const folder = path.join(disk.folder, 'store');
  const storage = new RocksStorage(folder);
  await open(storage);
  await commit(storage, [put('k', 'x')], {sync: false});
  await close(storage);
  disk.cut();
  await disk.restore();

  const again = new RocksStorage(folder);
  t.is((await open(again)).suspect, null);
  t.deepEqual(await read(again, ['k']), ['x']);
  await close(again);
});

powerTest(`power cut: a store without its disk fails every call, and closes${skipped}`, async t => {
  const disk = new PowerCutDisk(64);
  t.teardown(() => disk.remove());
  const storage = new RocksStorage(path.join(disk.folder, 'store'));
  await open(storage);
  disk.cut();
  t.is(await failureCode(commit(storage, [put('k', 'x')])), 'IO');
  t.is(await failureCode(commit(storage, [put('k', 'x')], {sync: false})), 'IO');
  t.is(await failureCode(close(storage)), 'IO');
});
