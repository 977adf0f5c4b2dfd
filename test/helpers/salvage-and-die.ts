/**
 * A process that salvages a store and dies by SIGKILL just before its n-th change of a file's name
 * or of a folder, or after so many records. Ends with 0 when there is no n-th.
 */
import fs from 'node:fs';
import {RocksStorage} from '../../src/adapters/rocks-storage.js';
import {failureCode, open, salvage, salvagerOf} from './storage-calls.js';

const [folder = '', what = '', count = '0'] = process.argv.slice(2);
const storage = new RocksStorage(folder, {writeBufferBytes: 64 * 1024});
await failureCode(open(storage));

const die = () => process.kill(process.pid, 'SIGKILL');
if (what === 'step') {
  let left = Number(count);
  for (const name of ['mkdirSync', 'renameSync', 'rmSync', 'unlinkSync', 'linkSync'] as const) {
    const real = fs[name] as (...args: unknown[]) => unknown;
    Object.assign(fs, {
      [name]: (...args: unknown[]) => {
        left -= 1;
        if (left === 0) {
          die();
        }

        return real(...args);
      },
    });
  }
}

const {salvager} = salvagerOf([], what === 'copying' ? die : undefined);
await salvage(storage, 'a test', salvager);
