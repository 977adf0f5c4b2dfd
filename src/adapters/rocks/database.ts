/**
 * The engine: one RocksDB database with one column family, spoken to in promises and
 * StorageFailures.
 *
 * Memory is bounded by configuration. There is no block cache (the binding cannot size it): the
 * kernel's page cache was measured to serve random reads faster. Index and filter blocks then live
 * in the table readers, of which `maxOpenFiles` are kept. Two write buffers bound the memtables,
 * and with them the log that has to be replayed after a crash.
 */
import type RocksDB from 'rocksdb-native';
import type {Entry, StorageFailure, WriteOperation} from '../../ports/storage.js';
import {cannotLoad, failureOf} from './failure.js';

const OPTIONS = {
  maxWriteBufferNumber: 2,
  maxBackgroundJobs: 2,
  maxOpenFiles: 512,
  blockCache: false,
  tableCacheIndexAndFilterBlocks: false,
};
const BLOOM_BITS_PER_KEY = 10;
/** Entries fetched by one thread hop of a scan. More hold more values in memory at once. */
const SCAN_CHUNK = 64;

export class Database {
  readonly #db: RocksDB;

  private constructor(db: RocksDB) {
    this.#db = db;
  }

  /** Rejects with CANNOT_LOAD, LOCKED, CORRUPT, FULL or IO. */
  static async open(
    folder: string,
    {create, writeBufferBytes}: {create: boolean; writeBufferBytes: number},
  ): Promise<Database> {
    const Engine = await loadEngine();
    try {
      const db = new Engine(folder, {
        ...OPTIONS,
        createIfMissing: create,
        writeBufferSize: writeBufferBytes,
        filterPolicy: new Engine.BloomFilterPolicy(BLOOM_BITS_PER_KEY),
        // A torn tail is what a power cut leaves; any other gap ends the replay before the gap.
        walRecoveryMode: Engine.constants.walRecoveryMode.POINT_IN_TIME,
      });
      await db.ready();
      return new Database(db);
    } catch (cause) {
      throw failureOf(cause);
    }
  }

  /**
   * Applies all operations or none. The bytes are not copied: they must stay as they are until the
   * end.
   */
  async write(operations: readonly WriteOperation[]): Promise<void> {
    const batch = this.#db.write({capacity: operations.length, autoDestroy: true});
    for (const {key, value} of operations) {
      if (value === null) {
        batch.tryDelete(key);
      } else {
        batch.tryPut(key, value);
      }
    }

    await batch.flush();
  }

  async read(keys: readonly Uint8Array[]): Promise<Array<Uint8Array | null | StorageFailure>> {
    if (keys.length === 0) {
      return [];
    }

    // `tryFlush` and not `flush`: the latter rejects once more for what each key's promise already
    // says.
    const batch = this.#db.read({capacity: keys.length, autoDestroy: true});
    const answers = keys.map(key => batch.get(key).catch(failureOf));
    batch.tryFlush();
    return Promise.all(answers);
  }

  async scan(from: Uint8Array, to: Uint8Array, limit: number): Promise<Entry[]> {
    const entries: Entry[] = [];
    const range = {gte: from, lt: to, limit, capacity: Math.min(limit, SCAN_CHUNK)};
    for await (const entry of this.#db.iterator(range)) {
      entries.push(entry);
    }
    return entries;
  }

  /** The log that the next batch goes to, unless the engine starts another for it. Costs 75 us. */
  async currentLog(): Promise<{path: string; number: number}> {
    return this.#db.currentWalFile();
  }

  /** Ends when all that was written before is in synced tables, and needs no log any more. */
  async flush(): Promise<void> {
    await this.#db.flush();
  }

  /** Waits for all calls under way. */
  async close(): Promise<void> {
    await this.#db.close();
  }
}

/** Loaded on demand, so that a host without the engine can still say what is wrong. */
async function loadEngine(): Promise<typeof RocksDB> {
  try {
    return (await import('rocksdb-native')).default;
  } catch (cause) {
    throw cannotLoad(cause);
  }
}
