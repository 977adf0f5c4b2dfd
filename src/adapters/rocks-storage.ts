/**
 * Storage over RocksDB, for one host.
 *
 *   <folder>/db        the database
 *   <folder>/commits   the commit mark: the number of the last synced commit
 *   <folder>/damaged   only while the database is damaged (rocks/salvage/salvage.ts)
 *
 * Every commit notes its number in the database. `open` looks for numbers that are missing: at the
 * end, where the commit mark knows the last synced one, and in between. This file is the port's
 * side of it, calls and callbacks; rocks/store.ts is what happens.
 *
 * Values that are returned may be views of memory that the engine allocated for them alone.
 */
import {assertKey, StorageFailure} from '../ports/storage.js';
import type {Entry, OpenReport, Salvager, Storage, WriteOperation} from '../ports/storage.js';
import {markDamage, readDamage} from './rocks/damage-mark.js';
import {failureOf} from './rocks/failure.js';
import {salvageStore} from './rocks/salvage/salvage.js';
import {Store} from './rocks/store.js';

const FIRST_KEY = Buffer.from([1]);

export type RocksOptions = {
  /**
   * Size of one of the two memtables. Larger: fewer, larger tables; more memory and a longer
   * replay.
   */
  readonly writeBufferBytes?: number;
};

const DEFAULT_WRITE_BUFFER_BYTES = 32 * 1024 * 1024;

export class RocksStorage implements Storage {
  readonly #folder: string;
  readonly #writeBufferBytes: number;
  #opening: Promise<OpenReport> | null = null;
  #closing: Promise<void> | null = null;
  /** Null before `open` reported success and from `close` on. */
  #store: Store | null = null;
  #commit: Promise<void> | null = null;

  constructor(folder: string, options: RocksOptions = {}) {
    this.#folder = folder;
    this.#writeBufferBytes = options.writeBufferBytes ?? DEFAULT_WRITE_BUFFER_BYTES;
  }

  /** How often the log was synced, and how often that met a log which was new to it. */
  get counters(): {readonly syncs: number; readonly rotations: number} {
    const {syncs = 0, rotations = 0} = this.#store?.log ?? {};
    return {syncs, rotations};
  }

  open(done: (error: StorageFailure | null, report: OpenReport | null) => void): void {
    if (this.#opening !== null || this.#closing !== null) {
      throw new TypeError('a storage is opened once; make a new one to open the folder again');
    }

    this.#opening = this.#open();
    this.#opening.then(
      report => done(null, report),
      (cause: unknown) => done(failureOf(cause), null),
    );
  }

  commit(
    operations: readonly WriteOperation[],
    {sync}: {readonly sync: boolean},
    done: (error: StorageFailure | null) => void,
  ): void {
    if (this.#commit !== null) {
      throw new TypeError('a commit is under way; gather operations until it has ended');
    }
    for (const {key} of operations) {
      assertKey(key);
    }

    const store = this.#store;
    const commit = store === null ? Promise.reject(closed()) : store.commit(operations, sync);
    this.#commit = commit;
    commit.then(
      () => {
        this.#commit = null;
        done(null);
      },
      (cause: unknown) => {
        this.#commit = null;
        done(failureOf(cause));
      },
    );
  }

  read(
    keys: readonly Uint8Array[],
    done: (answers: ReadonlyArray<Uint8Array | null | StorageFailure>) => void,
  ): void {
    keys.forEach(assertKey);
    const answers = this.#store?.database.read(keys) ?? Promise.resolve(keys.map(closed));
    answers.then(done, (cause: unknown) => done(keys.map(() => failureOf(cause))));
  }

  scan(
    {from, to, limit}: {readonly from: Uint8Array; readonly to: Uint8Array; readonly limit: number},
    done: (error: StorageFailure | null, entries: readonly Entry[]) => void,
  ): void {
    // To the engine an empty bound is none; to this port it is the lowest of all keys.
    const first = Buffer.compare(from, FIRST_KEY) < 0 ? FIRST_KEY : from;
    const nothing = limit <= 0 || Buffer.compare(first, to) >= 0;
    const entries =
      this.#store === null
        ? Promise.reject(closed())
        : nothing
          ? Promise.resolve([])
          : this.#store.database.scan(first, to, limit);
    entries.then(
      found => done(null, found),
      (cause: unknown) => done(failureOf(cause), []),
    );
  }

  condemn(why: string, done: (error: StorageFailure | null) => void): void {
    this.#condemn(why).then(
      () => done(null),
      (cause: unknown) => done(failureOf(cause)),
    );
  }

  salvage(
    why: string,
    salvager: Salvager,
    done: (error: StorageFailure | null, report: OpenReport | null) => void,
  ): void {
    if (this.#opening === null || this.#commit !== null || this.#closing !== null) {
      throw new TypeError('a storage is salvaged after its open, while no commit is under way');
    }

    this.#opening = this.#salvage(this.#opening, why, salvager);
    this.#opening.then(
      report => done(null, report),
      (cause: unknown) => done(failureOf(cause), null),
    );
  }

  close(done: (error: StorageFailure | null) => void): void {
    this.#closing ??= this.#close();
    this.#closing.then(
      () => done(null),
      (cause: unknown) => done(failureOf(cause)),
    );
  }

  async #open(): Promise<OpenReport> {
    const damage = readDamage(this.#folder);
    if (damage !== null) {
      throw new StorageFailure('CORRUPT', `the store was found damaged: ${damage.why}`);
    }

    const {store, report} = await Store.open(this.#folder, this.#writeBufferBytes);
    this.#store = store;
    return report;
  }

  async #condemn(why: string): Promise<void> {
    this.#store?.refuse(new StorageFailure('CORRUPT', why));
    // At once: whoever met the damage may end the process before this has ended.
    const marked = markDamage(this.#folder, why);
    await this.#commit?.catch(() => {});
    await marked;
  }

  async #salvage(
    opening: Promise<OpenReport>,
    why: string,
    salvager: Salvager,
  ): Promise<OpenReport> {
    await opening.catch(() => {});
    const damaged = this.#store;
    this.#store = null;
    await damaged?.abandon();
    const bufferBytes = this.#writeBufferBytes;
    const {store, report} = await salvageStore(this.#folder, why, salvager, bufferBytes);
    this.#store = store;
    return report;
  }

  async #close(): Promise<void> {
    await this.#opening?.catch(() => {});
    const store = this.#store;
    this.#store = null;
    await this.#commit?.catch(() => {});
    await store?.close();
  }
}

function closed(): StorageFailure {
  return new StorageFailure('CLOSED', 'the storage is not open');
}
