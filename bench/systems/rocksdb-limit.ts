/**
 * RocksDB alone, in the load generator's own process: what the disk and the engine could do if
 * nothing else cost anything. Opened and synced as a host does it, one batch under way, the next
 * one gathering: at 256 in flight a batch has 256 operations and one fdatasync.
 *
 * A cluster carries out each put n times and each get R times, on this one machine: the bench
 * divides what is measured here by those.
 */
import {mkdirSync} from 'node:fs';
import {Database} from '../../src/adapters/rocks/database.js';
import {LogSync} from '../../src/adapters/rocks/log-sync.js';
import {StorageFailure} from '../../src/ports/storage.js';
import {Batches} from './batches.js';
import type {Address, Driver} from './system.js';

/** As a host's. */
const WRITE_BUFFER_BYTES = 32 * 1024 * 1024;

type Put = {readonly key: Uint8Array; readonly value: Uint8Array};

export async function openRocksDb({place}: Address): Promise<Driver> {
  mkdirSync(place, {recursive: true});
  const database = await Database.open(place, {
    create: true,
    writeBufferBytes: WRITE_BUFFER_BYTES,
  });
  const log = new LogSync(database, place);
  const puts = new Batches(async (batch: readonly Put[]) => {
    await database.write(batch);
    log.wrote(batch.reduce((bytes, {key, value}) => bytes + key.length + value.length, 0));
    await log.sync();
    return batch.map(() => null);
  });
  const gets = new Batches(async (keys: readonly Uint8Array[]) => await database.read(keys));
  const driver: Driver = {
    async put(key, value) {
      await puts.add({key: Buffer.from(key), value});
    },
    async get(key) {
      const found = await gets.add(Buffer.from(key));
      if (found instanceof StorageFailure) {
        throw found;
      }

      return found === null ? null : 0;
    },
    async update(key, value) {
      await driver.put(key, value);
      return true;
    },
    async close() {
      log.forget();
      await database.close();
    },
  };
  return driver;
}
