/**
 * A process that fills the disk of a store with commits, reads, and waits to be told that there is
 * room again. Prints a word for each. The engine may keep a writer on a full disk for ever, and
 * with it the whole process: so this is one that can be killed.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import {once} from 'node:events';
import {RocksStorage} from '../../src/adapters/rocks-storage.js';
import {close, commit, failureCode, open, put, read} from './storage-calls.js';

/** Far more than any commit takes here. */
const STALL_MS = 5_000;
const COMMITS_MAX = 5_000;
const NONE = 'no failure';

const [folder = ''] = process.argv.slice(2);
const storage = new RocksStorage(folder, {writeBufferBytes: 64 * 1024});
const value = 'x'.repeat(1000);
await open(storage);
let code = NONE;
for (let written = 0; code === NONE && written < COMMITS_MAX; written += 1) {
  const last = failureCode(commit(storage, [put(`k${written}`, value)]));
  code = await Promise.race([last, sleep(STALL_MS).then(() => 'stalled')]);
}

console.log(code);
const found = await read(storage, ['k0', 'k1']);
console.log(found.every(one => one === value) ? 'read' : 'not read');
await once(process.stdin, 'data');
while (code !== NONE) {
  await sleep(50);
  code = await failureCode(commit(storage, [put('later', 'x')]));
}

await close(storage);
console.log('recovered');
process.exit();
