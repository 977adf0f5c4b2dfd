/**
 * A process that opens a store, commits and dies by SIGKILL: after the given commits (`once`), or
 * when someone kills it (`loop`): it commits `last = 1, 2, ...`, syncs every so many, and prints
 * each number that was synced.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import {RocksStorage} from '../../src/adapters/rocks-storage.js';
import {commit, open, put} from './storage-calls.js';

type Wire = Array<{operations: Array<[key: string, value: string | null]>; sync: boolean}>;

const [folder = '', mode = '', argument = '', syncEvery = '1'] = process.argv.slice(2);
const storage = new RocksStorage(folder, {writeBufferBytes: 64 * 1024});
await open(storage);

if (mode === 'loop') {
  const value = 'x'.repeat(Number(argument));
  for (let number = 1; ; number++) {
    const sync = number % Number(syncEvery) === 0;
    await commit(storage, [put('last', String(number)), put(`k${number}`, value)], {sync});
    if (sync) {
      process.stdout.write(`${number}\n`);
    }
  }
}

const bytes = (text: string) => Buffer.from(text, 'base64');
const commits: Wire = JSON.parse(argument);
for (const {operations, sync} of commits) {
  const decoded = operations.map(([key, value]) => ({
    key: bytes(key),
    value: value === null ? null : bytes(value),
  }));
  await commit(storage, decoded, {sync});
}
// What tells that commits are missing follows them in the background, twenty times as fast as this.
await sleep(200);
process.kill(process.pid, 'SIGKILL');
